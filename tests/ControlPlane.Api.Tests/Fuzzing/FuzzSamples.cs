using System.Text;

namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>The requests that are mutated: each is one that clients send, and would be honoured as it is.</summary>
internal static class FuzzSamples
{
    private const string Template = """
        {"metadata":{"labels":{"app":"web"},"annotations":{"prometheus.io/scrape":"true"}},
         "spec":{"terminationGracePeriodSeconds":5,"restartPolicy":"Always","dnsPolicy":"ClusterFirst","nodeSelector":{"disk":"ssd"},
          "tolerations":[{"key":"k","operator":"Equal","value":"v","effect":"NoSchedule"}],
          "containers":[{"name":"c","image":"hello:1","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],
           "env":[{"name":"A","value":"1"},{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
            {"name":"S","valueFrom":{"secretKeyRef":{"name":"web","key":"key","optional":true}}}],
           "resources":{"requests":{"cpu":"20m","memory":"32Mi"},"limits":{"cpu":"1","memory":"64Mi"}},
           "readinessProbe":{"httpGet":{"path":"/healthz","port":"http"},"periodSeconds":1},
           "livenessProbe":{"tcpSocket":{"port":8080},"failureThreshold":3}}]}}
        """;

    /// <summary>Collections, and a body of each kind without its name.</summary>
    private static readonly (string Home, string Body)[] Kinds =
    [
        ("/apis/apps/v1/namespaces/{ns}/deployments", $$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
             "spec":{"replicas":2,"minReadySeconds":1,"revisionHistoryLimit":3,"progressDeadlineSeconds":60,"paused":false,
              "selector":{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"In","values":["web"]}]},
              "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}},"template":{{{Template}}} } }
            """),
        ("/apis/apps/v1/namespaces/{ns}/replicasets", $$$"""
            {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web"},
             "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{{{Template}}} } }
            """),
        ("/api/v1/namespaces/{ns}/pods", """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"web"}},
             "spec":{"containers":[{"name":"c","image":"hello:1","args":["a"]}],
              "securityContext":{"runAsUser":1000,"runAsNonRoot":true}}}
            """),
        ("/api/v1/namespaces/{ns}/services", """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},
             "spec":{"type":"ClusterIP","selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"http","protocol":"TCP"}]}}
            """),
        ("/api/v1/namespaces/{ns}/secrets", """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"web"},"type":"Opaque","stringData":{"key":"value"},"data":{"b":"Yg=="}}"""),
        ("/api/v1/namespaces/{ns}/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web","finalizers":["example.com/keep"]},"data":{"k":"v"},"binaryData":{"b":"Yg=="}}"""),
        ("/api/v1/namespaces/{ns}/serviceaccounts", """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"web"}}"""),
        ("/api/v1/namespaces/{ns}/resourcequotas", """{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"web"},"spec":{"hard":{"pods":"100","requests.cpu":"50","count/secrets":"100"}}}"""),
        ("/api/v1/namespaces/{ns}/events", """
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"web"},"involvedObject":{"kind":"Pod","name":"web","namespace":"{ns}"},
             "reason":"Started","message":"it has","type":"Normal","count":1,"firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:00Z"}
            """),
        ("/apis/events.k8s.io/v1/namespaces/{ns}/events", """
            {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"new"},"eventTime":"2026-01-01T00:00:00.000000Z","reportingController":"example.com/c",
             "reportingInstance":"i","action":"Start","reason":"Started","type":"Normal","regarding":{"kind":"Pod","name":"web","namespace":"{ns}"},"note":"it has"}
            """),
        ("/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets", """
            {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"web"},"spec":{"minAvailable":"50%","selector":{"matchLabels":{"app":"web"}}}}
            """),
        ("/apis/coordination.k8s.io/v1/namespaces/{ns}/leases", """
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"web"},
             "spec":{"holderIdentity":"me","leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:00.000000Z","leaseTransitions":1}}
            """),
        ("/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices", """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"web","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
             "endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":true}}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}
            """),
        ("/apis/rollouts.controlplane.dev/v1/namespaces/{ns}/rolloutpolicies", """
            {"apiVersion":"rollouts.controlplane.dev/v1","kind":"RolloutPolicy","metadata":{"name":"web"},
             "spec":{"selector":{"matchLabels":{"app":"web"}},"rollbackOnFailure":true,"strategy":{"type":"Canary","canary":{"service":"web",
              "steps":[{"setWeight":10},{"pause":{"duration":"60s"}},{"analysis":{"interval":"10s","count":6,"minRequests":100,"successRate":99,"latencyP95":"250ms"}}]}}}}
            """),
        ("/api/v1/nodes", """{"apiVersion":"v1","kind":"Node","metadata":{"name":"web","labels":{"disk":"ssd"}},"spec":{"unschedulable":true,"taints":[{"key":"k","effect":"NoSchedule"}]}}"""),
        ("/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"web","labels":{"team":"a"}}}"""),
    ];

    private static readonly (string Type, string Body)[] Patches =
    [
        ("application/json-patch+json", """[{"op":"test","path":"/metadata/name","value":"web"},{"op":"add","path":"/metadata/labels","value":{"a":"b"}},{"op":"copy","from":"/metadata/labels","path":"/metadata/annotations"},{"op":"remove","path":"/metadata/labels/a"}]"""),
        ("application/json-patch+json", """[{"op":"replace","path":"/spec/replicas","value":3},{"op":"move","from":"/spec/template/spec/containers/0","path":"/spec/template/spec/containers/-"}]"""),
        ("application/merge-patch+json", """{"metadata":{"labels":{"a":"b"},"annotations":null},"spec":{"replicas":4,"strategy":{"type":"Recreate","rollingUpdate":null}}}"""),
        ("application/strategic-merge-patch+json", """
            {"metadata":{"labels":{"a":"b"}},"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"d"}],
             "containers":[{"name":"d","image":"hello:2","env":[{"name":"A","$patch":"delete"},{"$patch":"replace"}]}],"$retainKeys":["containers"]}}}}
            """),
    ];

    private static readonly string[] Reads =
    [
        "/api", "/apis", "/api/v1", "/apis/apps/v1", "/version", "/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1", "/healthz", "/readyz", "/readyz/store", "/livez", "/metrics",
        "/swagger/index.html", "/api/v1/pods", "/apis/apps/v1/deployments", "/api/v1/namespaces/{ns}/pods/web/log", "/api/v1/namespaces/{ns}/pods/web/exec",
        "/api/v1/namespaces/{ns}/pods/web/portforward", "/api/v1/namespaces/{ns}/pods/web:80/proxy/a", "/api/v1/namespaces/{ns}/services/web:80/proxy/a", "/api/v1/namespaces/{ns}/pods/web/attach", "/apis/apps/v1/namespaces/{ns}/deployments/web/rollout",
        "/apis/apps/v1/namespaces/{ns}/deployments/web/history", "/apis/apps/v1/namespaces/{ns}/deployments/web/scale",
    ];

    private static readonly (string Path, string Body)[] Posts =
    [
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/rollback", """{"toRevision":1}"""),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/restart", "{}"),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/pause", "{}"),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/promote", """{"full":true}"""),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/retry", "{}"),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/plan", """{"spec":{"replicas":3}}"""),
        ("/apis/apps/v1/namespaces/{ns}/deployments/web/promote-to", """{"namespace":"default"}"""),
        ("/api/v1/namespaces/{ns}/pods/web/eviction", """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web"},"deleteOptions":{"gracePeriodSeconds":0}}"""),
        ("/api/v1/namespaces/{ns}/pods/web/binding", """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"web"},"target":{"apiVersion":"v1","kind":"Node","name":"web"}}"""),
        ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}"""),
        ("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", """{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"default"}}"""),
        ("/apis/authentication.k8s.io/v1/selfsubjectreviews", """{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"""),
    ];

    /// <summary>What kubectl sent for <c>create deployment web --image=hello:1 --replicas=0 --port=8080</c>, <c>create namespace shop</c> and <c>create secret generic g --from-literal=a=b</c>.</summary>
    private static readonly (string Path, string Body)[] Protobufs =
    [
        ("/apis/apps/v1/namespaces/{ns}/deployments",
            "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErsBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEokBCAASDAoKCgNhcHASA3dlYhpvChwKABIAGgAiACoAMgA4AEIA"
            + "WgoKA2FwcBIDd2ViEk8SMQoFaGVsbG8SB2hlbGxvOjEqADILCgAQABiQPyIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAa"
            + "DAgAEAAYACAAKAA4ABoAIgA="),
        ("/api/v1/namespaces", "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA=="),
        ("/api/v1/namespaces/{ns}/secrets", "azhzAAoMCgJ2MRIGU2VjcmV0EiMKEQoBZxIAGgAiACoAMgA4AEIAEgYKAWESAWIaBk9wYXF1ZRoAIgA="),
    ];

    /// <summary>What makes one object of each namespaced kind, all named <c>web</c>.</summary>
    public static IReadOnlyList<FuzzRequest> Makes { get; } =
        [.. Kinds.Where(kind => kind.Home.Contains("{ns}", StringComparison.Ordinal)).Select(kind => Json("POST", kind.Home, kind.Body))];

    public static IReadOnlyList<FuzzRequest> All { get; } =
    [
        .. Kinds.SelectMany(kind => OfKind(kind.Home, kind.Body)),
        .. Reads.Select(path => new FuzzRequest("GET", path)),
        .. Posts.Select(post => Json("POST", post.Path, post.Body)),
        .. Protobufs.SelectMany(post => Enumerable.Repeat(
            new FuzzRequest("POST", post.Path, "", "application/vnd.kubernetes.protobuf", System.Convert.FromBase64String(post.Body)), 8)),
        Json("PUT", "/apis/apps/v1/namespaces/{ns}/deployments/web/scale", """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":3}}"""),
        Json(
            "PATCH", "/apis/apps/v1/namespaces/{ns}/deployments/web/scale", """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":3}}""",
            "application/apply-patch+yaml", "fieldManager=fuzz&force=true"),
        Json("PATCH", "/apis/apps/v1/namespaces/{ns}/replicasets/web/scale", """{"spec":{"replicas":3}}""", "application/merge-patch+json"),
        Json("PATCH", "/apis/apps/v1/namespaces/{ns}/deployments/web/status", """{"status":{"replicas":2,"readyReplicas":1,"conditions":[{"type":"Available","status":"True"}]}}""", "application/merge-patch+json"),
        Json("PATCH", "/api/v1/namespaces/{ns}/pods/web/status", """{"status":{"phase":"Running","podIP":"127.0.0.1","conditions":[{"type":"Ready","status":"True"}]}}""", "application/strategic-merge-patch+json"),
    ];

    private static IEnumerable<FuzzRequest> OfKind(string home, string body)
    {
        string one = $"{home}/web";
        yield return Json("POST", home, body, query: "fieldValidation=Strict");
        yield return Json("POST", home, body.Replace("\"name\":\"web\"", "\"generateName\":\"web-\"", StringComparison.Ordinal), "application/yaml", "dryRun=All");
        yield return new FuzzRequest("GET", home, "limit=2&labelSelector=app%3Dweb&fieldSelector=metadata.name%3Dweb");
        yield return new FuzzRequest("GET", home, "watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=0");
        yield return new FuzzRequest("GET", one);
        yield return Json("PUT", one, body);
        yield return Json("PUT", one, body, "application/yaml");
        foreach ((string type, string patch) in Patches)
        {
            yield return Json("PATCH", one, patch, type);
        }

        yield return Json("PATCH", one, body, "application/apply-patch+yaml", "fieldManager=fuzz&force=true");
        yield return Json("DELETE", one, """{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground","preconditions":{"resourceVersion":"1"}}""");
        yield return new FuzzRequest("DELETE", home, "labelSelector=app%3Dweb&dryRun=All");
    }

    private static FuzzRequest Json(string method, string path, string body, string type = "application/json", string query = "") =>
        new(method, path, query, type, Encoding.UTF8.GetBytes(body));
}
