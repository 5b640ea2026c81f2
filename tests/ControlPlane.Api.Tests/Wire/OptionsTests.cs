using System.Text;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlPlane.Api.Tests.Wire;

public sealed class OptionsTests
{
    [Fact]
    public void ListOptions_OfAWatch_AreRead()
    {
        ListOptions options = ListOptions.Parse(Query(
            "?watch&allowWatchBookmarks=true&resourceVersion=42&timeoutSeconds=30&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx"));

        Assert.Equal(
            new ListOptions
            {
                Watch = true,
                AllowWatchBookmarks = true,
                ResourceVersion = 42,
                Timeout = TimeSpan.FromSeconds(30),
                LabelSelector = "a=b",
                FieldSelector = "metadata.name=x",
            },
            options);
    }

    [Theory]
    [InlineData("?watch=0", false)]
    [InlineData("?watch=False", false)]
    [InlineData("?watch=", true)]
    [InlineData("?watch=1", true)]
    [InlineData("", false)]
    public void ListOptions_Boolean_IsTrueUnlessItSaysNo(string query, bool expected) => Assert.Equal(expected, ListOptions.Parse(Query(query)).Watch);

    [Theory]
    [InlineData("?limit=ten", 400, "limit: strconv.ParseInt: parsing \"ten\": invalid syntax")]
    [InlineData("?resourceVersion=-1", 400, "resourceVersion: Invalid value: \"-1\": strconv.ParseUint: parsing \"-1\": invalid syntax")]
    [InlineData("?continue=junk", 400, "continue key is not valid: it is not what this server gave out")]
    [InlineData("?limit=-1", 422, "ListOptions.meta.k8s.io \"\" is invalid: limit: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("?resourceVersionMatch=Exact", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")]
    [InlineData("?resourceVersionMatch=Exact&resourceVersion=0", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")]
    [InlineData("?resourceVersionMatch=Some&resourceVersion=1", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Some\": supported values: \"Exact\", \"NotOlderThan\"")]
    [InlineData("?watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
    [InlineData("?watch=1&sendInitialEvents=true", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    [InlineData("?sendInitialEvents=true", 422, "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")]
    public void ListOptions_NotAllowed_AreRefused(string query, int code, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => ListOptions.Parse(Query(query)));

        Assert.Equal((code, message), (error.Status.Code, error.Status.Message));
    }

    [Fact]
    public void ContinueToken_Encoded_ReadsBackAndMayNotMeetAResourceVersion()
    {
        ContinueToken token = new(17, new ObjectKey("shop", "web"));

        Assert.Equal(token, ListOptions.Parse(Query($"?limit=5&continue={token.Encode()}")).Continue);
        Assert.Equal(400, Assert.Throws<ApiException>(() => ListOptions.Parse(Query($"?resourceVersion=3&continue={token.Encode()}"))).Status.Code);
    }

    [Fact]
    public void WriteOptions_OfKubectl_AreRead()
    {
        WriteOptions options = WriteOptions.Parse(Query("?dryRun=All&fieldManager=kubectl-create&fieldValidation=Strict"), "CreateOptions");

        Assert.Equal(new WriteOptions { IsDryRun = true, FieldManager = "kubectl-create", FieldValidation = FieldValidation.Strict }, options);
        Assert.Equal(FieldValidation.Warn, WriteOptions.Parse(Query(""), "CreateOptions").FieldValidation);
    }

    [Theory]
    [InlineData("?dryRun=Some", "dryRun: Unsupported value: \"Some\": supported values: \"All\"")]
    [InlineData("?fieldValidation=strict", "fieldValidation: Unsupported value: \"strict\": supported values: \"Ignore\", \"Strict\", \"Warn\"")]
    [InlineData("?force=true", "force: Forbidden: may not be specified for non-apply patch")]
    [InlineData("?fieldManager=a%01b", "fieldManager: Invalid value: \"a\u0001b\": should only contain printable characters")]
    public void WriteOptions_NotAllowed_Are422(string query, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => WriteOptions.Parse(Query(query), "PatchOptions"));

        Assert.Equal((422, $"PatchOptions.meta.k8s.io \"\" is invalid: {message}"), (error.Status.Code, error.Status.Message));
        Assert.Equal(message[..message.IndexOf(':', StringComparison.Ordinal)], error.Status.Details!.Causes[0].Field);
    }

    [Fact]
    public void DeleteOptions_OfKubectl_AreRead()
    {
        DeleteOptions options = Delete(
            """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","gracePeriodSeconds":5,"preconditions":{"uid":"u","resourceVersion":"7"},"dryRun":["All"]}""");

        Assert.Equal(
            new DeleteOptions
            {
                Propagation = PropagationPolicy.Foreground,
                GracePeriodSeconds = 5,
                Preconditions = new Preconditions { Uid = "u", ResourceVersion = "7" },
                IsDryRun = true,
                AsksToWait = true,
            },
            options);
    }

    [Theory]
    [InlineData("", "?gracePeriodSeconds=0&propagationPolicy=Orphan", 0, PropagationPolicy.Orphan)]
    [InlineData("{\"gracePeriodSeconds\":3}", "?gracePeriodSeconds=9", 3, null)]
    [InlineData("{\"propagationPolicy\":\"Background\"}", "?orphanDependents=true", null, PropagationPolicy.Background)]
    [InlineData("", "?orphanDependents=true", null, PropagationPolicy.Orphan)]
    [InlineData("", "?orphanDependents=false&gracePeriodSeconds=-5", 1, PropagationPolicy.Background)]
    [InlineData("", "", null, null)]
    public void DeleteOptions_BodyWinsOverQuery(string body, string query, int? grace, object? propagation)
    {
        DeleteOptions options = Delete(body, query);

        Assert.Equal((grace, (PropagationPolicy?)propagation), ((int?)options.GracePeriodSeconds, options.Propagation));
    }

    [Theory]
    [InlineData("{\"propagationPolicy\":\"Sideways\"}", 422)]
    [InlineData("{\"propagationPolicy\":\"Orphan\",\"orphanDependents\":true}", 422)]
    [InlineData("{\"gracePeriodSeconds\":\"now\"}", 400)]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", 400)]
    [InlineData("{", 400)]
    public void DeleteOptions_NotAllowed_AreRefused(string body, int code) =>
        Assert.Equal(code, Assert.Throws<ApiException>(() => Delete(body)).Status.Code);

    private static DeleteOptions Delete(string body, string query = "") =>
        DeleteOptions.Parse(Encoding.UTF8.GetBytes(body), "application/json", Query(query));

    private static QueryCollection Query(string query) => new(QueryHelpers.ParseQuery(query));
}
