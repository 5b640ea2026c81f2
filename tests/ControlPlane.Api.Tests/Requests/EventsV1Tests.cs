using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>The same Events under two groups.</summary>
[Collection(ApiCollection.Name)]
public sealed class EventsV1Tests(ApiServer api)
{
    private const string Core = """
        {"metadata":{"name":"of-core"},"involvedObject":{"kind":"Pod","name":"p"},"reason":"Started","message":"it began","type":"Normal","count":3,
         "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:05Z","source":{"component":"kubelet","host":"n"}}
        """;

    private const string New = """
        {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"of-events"},"eventTime":"2026-01-01T00:00:00.000001Z","reportingController":"example.com/robot",
         "reportingInstance":"robot-1","action":"Watering","reason":"Dry","type":"Warning","note":"no rain","regarding":{"kind":"Node","name":"garden"}}
        """;

    [Fact]
    public async Task AnEventOfCore_IsReadUnderTheOtherGroup_WithItsFieldNames()
    {
        (string core, string events) = await HomesAsync();
        JsonObject stored = await api.PostAsync(core, Core);

        JsonObject shown = await api.GetAsync($"{events}/of-core");

        Assert.Equal(("events.k8s.io/v1", "Event"), ((string)shown["apiVersion"]!, (string)shown["kind"]!));
        Assert.Equal(stored.VersionOf(), shown.VersionOf());
        Assert.Equal(("it began", "p", 3, "kubelet"), ((string)shown["note"]!, (string)shown["regarding"]!["name"]!, (int)shown["deprecatedCount"]!, (string)shown["deprecatedSource"]!["component"]!));
        Assert.False(shown.ContainsKey("message") || shown.ContainsKey("involvedObject"));
        JsonObject list = await api.GetAsync(events);
        Assert.Equal(("EventList", "events.k8s.io/v1", "it began"), ((string)list["kind"]!, (string)list["apiVersion"]!, (string)list["items"]![0]!["note"]!));
    }

    [Fact]
    public async Task AnEventOfTheOtherGroup_IsStoredAsCoreHasIt_AndCanBeChosenByItsFields()
    {
        (string core, string events) = await HomesAsync();
        await api.PostAsync(core, Core);

        JsonObject made = await api.PostAsync(events, New);

        Assert.Equal("no rain", (string)made["note"]!);
        JsonObject stored = await api.GetAsync($"{core}/of-events");
        Assert.Equal(("no rain", "garden", "example.com/robot"), ((string)stored["message"]!, (string)stored["involvedObject"]!["name"]!, (string)stored["reportingComponent"]!));
        JsonObject chosen = await api.GetAsync($"{events}?fieldSelector=regarding.name%3Dgarden,reportingController%3Dexample.com/robot");
        Assert.Equal("of-events", (string)Assert.Single(chosen["items"]!.AsArray())!["metadata"]!["name"]!);
        await api.GetAsync($"{events}?fieldSelector=involvedObject.name%3Dgarden", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task ANewEvent_ObeysTheRulesOfItsGroup()
    {
        (_, string events) = await HomesAsync();

        JsonObject refused = await api.PostAsync(events, """{"metadata":{"name":"e"},"type":"Normal","reason":"r"}""", HttpStatusCode.UnprocessableEntity);

        Assert.Equal(
            ["eventTime", "reportingController", "reportingInstance", "action"],
            refused["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!));
        await api.PostAsync(events, New.Replace("\"note\"", "\"message\"", StringComparison.Ordinal).Replace("events.k8s.io/v1", "v1", StringComparison.Ordinal), HttpStatusCode.BadRequest);
    }

    /// <summary>How client-go says that an event goes on.</summary>
    [Fact]
    public async Task APatchOfTheOtherGroup_IsAboutItsFields()
    {
        (string core, string events) = await HomesAsync();
        await api.PostAsync(events, New);

        JsonObject patched = await api.PatchAsync(
            $"{events}/of-events", "application/strategic-merge-patch+json", """{"series":{"count":2,"lastObservedTime":"2026-01-01T00:01:00.000000Z"},"note":"still none"}""");

        Assert.Equal((2, "still none"), ((int)patched["series"]!["count"]!, (string)patched["note"]!));
        Assert.Equal("still none", (string)(await api.GetAsync($"{core}/of-events"))["message"]!);
    }

    [Fact]
    public async Task AnApply_IsAboutTheFieldsOfTheGroup_AndOwnsNoOthers()
    {
        (string core, string events) = await HomesAsync();
        string path = $"{events}/of-events?fieldManager=gardener";
        const string Apply = "application/apply-patch+yaml";

        JsonObject made = await api.PatchAsync(path, Apply, New, HttpStatusCode.Created);
        Assert.Equal(("no rain", "garden"), ((string)made["note"]!, (string)made["regarding"]!["name"]!));
        JsonNode entry = Assert.Single((await api.GetAsync($"{core}/of-events"))["metadata"]!["managedFields"]!.AsArray())!;
        Assert.Equal(("gardener", "Apply", "v1"), ((string)entry["manager"]!, (string)entry["operation"]!, (string)entry["apiVersion"]!));
        Assert.Equal(
            ["f:action", "f:eventTime", "f:involvedObject", "f:message", "f:reason", "f:reportingComponent", "f:reportingInstance", "f:type"],
            entry["fieldsV1"]!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal));

        JsonObject changed = await api.PatchAsync(path, Apply, New.Replace(",\"note\":\"no rain\"", "", StringComparison.Ordinal));
        Assert.False(changed.ContainsKey("note"));
        Assert.Equal("Warning", (string)changed["type"]!);
        await api.PatchAsync(path.Replace("gardener", "other", StringComparison.Ordinal), Apply, New.Replace("Dry", "Wet", StringComparison.Ordinal), HttpStatusCode.Conflict);

        JsonObject refused = await api.PatchAsync(
            $"{events}/bare?fieldManager=gardener", Apply, """{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"bare"}}""", HttpStatusCode.UnprocessableEntity);
        Assert.Contains(refused["details"]!["causes"]!.AsArray(), cause => (string)cause!["field"]! == "eventTime");
    }

    /// <summary>Clients in other languages tell null from absent.</summary>
    [Fact]
    public async Task TimesThatAnEventHasNot_AreWrittenAsNull_AndOwnedByNobody()
    {
        (string core, string events) = await HomesAsync();

        JsonObject stored = await api.PostAsync(core, Core);

        Assert.True(stored.TryGetPropertyValue("eventTime", out JsonNode? time) && time is null);
        Assert.DoesNotContain("f:eventTime", stored["metadata"]!["managedFields"]!.ToJsonString(), StringComparison.Ordinal);
        JsonObject shown = await api.PostAsync(events, New);
        Assert.True(shown.ContainsKey("deprecatedFirstTimestamp") && shown["deprecatedFirstTimestamp"] is null);
        JsonObject patched = await api.PatchAsync($"{core}/of-core", "application/json-patch+json", """[{"op":"test","path":"/eventTime","value":null},{"op":"replace","path":"/count","value":4}]""");
        Assert.Equal(4, (int)patched["count"]!);
    }

    [Fact]
    public async Task AWatchAndATable_HaveTheSameEvents()
    {
        (string core, string events) = await HomesAsync();
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{events}?watch=true");

        await api.PostAsync(core, Core);

        JsonObject added = await watch.NextAsync();
        Assert.Equal(("ADDED", "events.k8s.io/v1", "it began"), ((string)added["type"]!, (string)added["object"]!["apiVersion"]!, (string)added["object"]!["note"]!));
        JsonObject table = await api.SendAsync(
            HttpMethod.Get, $"{events}?includeObject=Object", null, HttpStatusCode.OK, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal("Last Seen", (string)table["columnDefinitions"]![0]!["name"]!);
        Assert.Equal("it began", (string)table["rows"]![0]!["object"]!["note"]!);

        await api.DeleteAsync($"{events}/of-core");
        Assert.Equal("DELETED", (string)(await watch.NextAsync())["type"]!);
    }

    private async Task<(string Core, string Events)> HomesAsync()
    {
        string space = await api.NewNamespaceAsync();
        return ($"/api/v1/namespaces/{space}/events", $"/apis/events.k8s.io/v1/namespaces/{space}/events");
    }
}
