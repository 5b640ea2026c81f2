namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>Makes a request out of one that clients send, by changing any part of it: the same for the same random numbers.</summary>
internal static class RequestMutations
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "QUERY"];

    private static readonly string[] Segments =
    [
        "", ".", "..", "%2e%2e", "%2F", "%00", "%ff", "%", "web", "Web", "a b", "web;x=1", "~", "*", "status", "scale", "log", "exec", "default", "kube-system", "v1beta1",
        "pods", "deployments", "events", "bindings", "{name}", "web:80", "%F0%9F%98%80", "%ED%A0%80", "proxy", "eviction",
    ];

    private static readonly string[] Parameters =
    [
        "limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector", "timeoutSeconds", "watch", "allowWatchBookmarks", "sendInitialEvents", "dryRun",
        "fieldManager", "fieldValidation", "force", "pretty", "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "container", "tailLines", "sinceSeconds", "sinceTime", "limitBytes",
        "previous", "timestamps", "command", "stdin", "stdout", "tty", "ports", "includeObject", "verbose", "exclude", "x",
    ];

    private static readonly string[] ParameterValues =
    [
        "", "0", "1", "-1", "2", "500", "true", "false", "True", "All", "None", "Strict", "Warn", "Ignore", "Exact", "NotOlderThan", "Foreground", "Orphan", "Background", "9223372036854775807",
        "99999999999999999999", "1e3", "app%3Dweb", "app%20in%20(web%2C", "app%20notin%20(a)", "!app", "app%3D%3D%3D", "a%3Db%2C%2Cc", "metadata.name%3Dweb", "metadata.name!%3Dweb", "spec.x%3D1", "status.phase%3DRunning",
        "%00", "%ff", "%", "web", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "AAAA", "Table", "Object", "%F0%9F%98%80", "a%0Ab",
    ];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"), ("Accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"),
        ("Accept", "application/json;as=Table;v=v9;g=x"), ("Accept", "application/vnd.kubernetes.protobuf"), ("Accept", "text/html"), ("Accept", "*/*;q=x"), ("Accept", ",;,="),
        ("Accept", "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io"), ("Accept-Encoding", "gzip"), ("Accept-Encoding", "x;q=2"), ("Content-Encoding", "gzip"),
        ("Impersonate-User", "system:admin"), ("If-Match", "\"1\""), ("If-None-Match", "*"), ("If-Modified-Since", "yesterday"), ("Idempotency-Key", "k"), ("Idempotency-Key", ""),
        ("Range", "bytes=9-1"), ("Expect", "something"), ("Upgrade", "SPDY/3.1"), ("Upgrade", "websocket"), ("X-Stream-Protocol-Version", "v4.channel.k8s.io"), ("User-Agent", "\u00e9\u0001"),
        ("User-Agent", ""), ("Authorization", "Bearer "), ("Authorization", "Basic eDp5"), ("Host", "elsewhere"), ("Transfer-Encoding", "identity"), ("X-HTTP-Method-Override", "DELETE"),
        ("Cookie", "a=b; ;;"), ("Origin", "http://elsewhere"), ("Access-Control-Request-Method", "PATCH"), ("Forwarded", "for=_x"), ("X-Forwarded-Proto", "gopher"), ("traceparent", "00-zz"),
    ];

    private static readonly string[] Types =
    [
        "application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml", "application/json; charset=utf-16", "application/json; charset=nothing", "application/json;stream=watch", "text/plain", "", ";", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=", "application/cbor", "APPLICATION/JSON", "application/json, text/plain",
    ];

    /// <summary>One of the samples, with one or two things changed.</summary>
    public static FuzzRequest Next(Random random, string ns)
    {
        FuzzRequest request = FuzzSamples.All[random.Next(FuzzSamples.All.Count)];
        if (request.ContentType == "application/yaml" && random.Next(2) == 0)
        {
            request = request with { Body = BodyMutations.ToYaml(request.Body!) };
        }

        for (int times = random.Next(1, 3); times > 0; times--)
        {
            request = Mutate(random, request);
        }

        return request.In(ns);
    }

    private static FuzzRequest Mutate(Random random, FuzzRequest request) => random.Next(request.Body is null ? 7 : 14) switch
    {
        0 => request with { Method = Pick(random, Methods) },
        1 => request with { Path = MutatePath(random, request.Path) },
        2 or 3 => request with { Query = MutateQuery(random, request.Query) },
        4 or 5 => request with { Headers = request.Headers.Add(Headers[random.Next(Headers.Length)]) },
        6 => request with { Body = request.Body ?? "{}"u8.ToArray(), ContentType = Pick(random, Types) },
        _ => request with { Body = BodyMutations.Mutate(random, request.Body!) },
    };

    private static string MutatePath(Random random, string path)
    {
        List<string> segments = [.. path.Split('/')[1..]];
        int at = random.Next(segments.Count);
        switch (random.Next(4))
        {
            case 0:
                segments.RemoveAt(at);
                break;
            case 1:
                segments.Insert(at, Pick(random, Segments));
                break;
            case 2:
                segments.Add(Pick(random, Segments));
                break;
            default:
                segments[at] = Pick(random, Segments);
                break;
        }

        return "/" + string.Join('/', segments);
    }

    private static string MutateQuery(Random random, string query)
    {
        string added = $"{Pick(random, Parameters)}={Pick(random, ParameterValues)}";
        return random.Next(5) switch
        {
            0 => added,
            1 => query.Length == 0 ? "&&=&" : query[..random.Next(query.Length)],
            _ => query.Length == 0 ? added : $"{query}&{added}",
        };
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
