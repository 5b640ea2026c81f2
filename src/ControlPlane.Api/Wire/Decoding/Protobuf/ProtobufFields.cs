using System.Collections.Frozen;
using System.Globalization;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Reviews;

namespace ControlPlane.Api.Wire.Decoding.Protobuf;

/// <summary>A field of a Kubernetes message.</summary>
/// <param name="Name">The member's name in JSON; empty for a message whose fields are members of the same JSON object.</param>
/// <param name="IsZeroAbsent">
/// Whether Go has no pointer there: such a field is always sent, and its zero means that nothing was said.
/// </param>
/// <param name="IsBytes">Whether a map's values are bytes, which are base64 in JSON.</param>
/// <param name="Condition">For lists of conditions, which have a numbering for each kind: which one.</param>
internal sealed record ProtobufField(string Name, bool IsZeroAbsent, bool IsBytes, FrozenDictionary<int, ProtobufField>? Condition = null);

/// <summary>
/// The field numbers of the Kubernetes messages that are read (<c>generated.proto</c> in k8s.io/api and k8s.io/apimachinery).
/// In the texts, <c>~</c> marks a field whose zero is absent, <c>#</c> a map of bytes, and <c>*</c> a message that is inlined in JSON.
/// </summary>
internal static class ProtobufFields
{
    private const string MetadataSpecStatus = "metadata=1 spec=2 status=3";

    private const string RequiredAndPreferred = "requiredDuringSchedulingIgnoredDuringExecution=1 preferredDuringSchedulingIgnoredDuringExecution=2";

    private static readonly FrozenDictionary<int, ProtobufField> DeploymentCondition =
        Read("type=1 status=2 reason=4 message=5 lastUpdateTime=6 lastTransitionTime=7");

    private static readonly FrozenDictionary<int, ProtobufField> ReplicaSetCondition = Read("type=1 status=2 lastTransitionTime=3 reason=4 message=5");

    private static readonly FrozenDictionary<int, ProtobufField> NamespaceCondition = Read("type=1 status=2 lastTransitionTime=4 reason=5 message=6");

    private static readonly FrozenDictionary<int, ProtobufField> PodCondition =
        Read("type=1 status=2 lastProbeTime=3 lastTransitionTime=4 reason=5 message=6 observedGeneration~=7");

    private static readonly FrozenDictionary<int, ProtobufField> NodeCondition =
        Read("type=1 status=2 lastHeartbeatTime=3 lastTransitionTime=4 reason=5 message=6");

    /// <summary>The conditions of kinds that use meta.v1.Condition.</summary>
    private static readonly FrozenDictionary<int, ProtobufField> MetaCondition =
        Read("type=1 status=2 observedGeneration~=3 lastTransitionTime=4 reason=5 message=6");

    private static readonly FrozenDictionary<Type, FrozenDictionary<int, ProtobufField>> ByType = new Dictionary<Type, FrozenDictionary<int, ProtobufField>>
    {
        [typeof(Namespace)] = Read(MetadataSpecStatus),
        [typeof(Node)] = Read(MetadataSpecStatus),
        [typeof(Pod)] = Read(MetadataSpecStatus),
        [typeof(Domain.Resources.EventsV1.Event)] = Read(
            "metadata=1 eventTime=2 series=3 reportingController=4 reportingInstance=5 action=6 reason=7 regarding=8 related=9 note=10 type=11 deprecatedSource=12 "
            + "deprecatedFirstTimestamp=13 deprecatedLastTimestamp=14 deprecatedCount~=15"),
        [typeof(Domain.Resources.EventsV1.EventSeries)] = Read("count~=1 lastObservedTime=2"),
        [typeof(Deployment)] = Read(MetadataSpecStatus),
        [typeof(ReplicaSet)] = Read(MetadataSpecStatus),
        [typeof(Scale)] = Read(MetadataSpecStatus),
        [typeof(Secret)] = Read("metadata=1 data#=2 type=3 stringData=4 immutable=5"),
        [typeof(ConfigMap)] = Read("metadata=1 data=2 binaryData#=3 immutable=4"),
        [typeof(ServiceAccount)] = Read("metadata=1 secrets=2 imagePullSecrets=3 automountServiceAccountToken=4"),
        [typeof(ResourceQuota)] = Read(MetadataSpecStatus),
        [typeof(ResourceQuotaSpec)] = Read("hard=1 scopes=2 scopeSelector=3"),
        [typeof(ScopeSelector)] = Read("matchExpressions=1"),
        [typeof(ScopedResourceSelectorRequirement)] = Read("scopeName=1 operator=2 values=3"),
        [typeof(ResourceQuotaStatus)] = Read("hard=1 used=2"),
        [typeof(Lease)] = Read("metadata=1 spec=2"),
        [typeof(LeaseSpec)] = Read(
            "holderIdentity=1 leaseDurationSeconds=2 acquireTime=3 renewTime=4 leaseTransitions=5 strategy=6 preferredHolder=7"),
        [typeof(Event)] = Read(
            "metadata=1 involvedObject=2 reason=3 message=4 source=5 firstTimestamp=6 lastTimestamp=7 count~=8 type=9 eventTime=10 series=11 "
            + "action=12 related=13 reportingComponent=14 reportingInstance=15"),
        [typeof(Service)] = Read(MetadataSpecStatus),
        [typeof(ServiceSpec)] = Read(
            "ports=1 selector=2 clusterIP=3 type=4 externalIPs=5 sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9 externalName=10 "
            + "externalTrafficPolicy=11 healthCheckNodePort~=12 publishNotReadyAddresses~=13 sessionAffinityConfig=14 ipFamilyPolicy=17 clusterIPs=18 "
            + "ipFamilies=19 allocateLoadBalancerNodePorts=20 loadBalancerClass=21 internalTrafficPolicy=22 trafficDistribution=23"),
        [typeof(ServicePort)] = Read("name=1 protocol=2 port=3 targetPort=4 nodePort~=5 appProtocol=6"),
        [typeof(SessionAffinityConfig)] = Read("clientIP=1"),
        [typeof(ClientIPConfig)] = Read("timeoutSeconds=1"),
        [typeof(ServiceStatus)] = Read("loadBalancer=1 conditions=2", MetaCondition),
        [typeof(LoadBalancerStatus)] = Read("ingress=1"),
        [typeof(Endpoints)] = Read("metadata=1 subsets=2"),
        [typeof(EndpointSubset)] = Read("addresses=1 notReadyAddresses=2 ports=3"),
        [typeof(EndpointAddress)] = Read("ip=1 targetRef=2 hostname=3 nodeName=4"),
        [typeof(EndpointPort)] = Read("name=1 port=2 protocol=3 appProtocol=4"),
        [typeof(EndpointSlice)] = Read("metadata=1 endpoints=2 ports=3 addressType=4"),
        [typeof(Domain.Resources.Endpoint)] = Read(
            "addresses=1 conditions=2 hostname=3 targetRef=4 deprecatedTopology=5 nodeName=6 zone=7 hints=8"),
        [typeof(EndpointConditions)] = Read("ready=1 serving=2 terminating=3"),
        [typeof(EndpointSlicePort)] = Read("name=1 protocol=2 port=3 appProtocol=4"),
        [typeof(Domain.Resources.DiscoveryV1Beta1.EndpointSlice)] = Read("metadata=1 endpoints=2 ports=3 addressType=4"),
        [typeof(Domain.Resources.DiscoveryV1Beta1.Endpoint)] = Read("addresses=1 conditions=2 hostname=3 targetRef=4 topology=5 nodeName=6 hints=7"),
        [typeof(PodDisruptionBudget)] = Read(MetadataSpecStatus),
        [typeof(Domain.Resources.PolicyV1Beta1.PodDisruptionBudget)] = Read(MetadataSpecStatus),
        [typeof(PodDisruptionBudgetSpec)] = Read("minAvailable=1 selector=2 maxUnavailable=3 unhealthyPodEvictionPolicy=4"),
        [typeof(PodDisruptionBudgetStatus)] = Read(
            "observedGeneration~=1 disruptedPods=2 disruptionsAllowed=3 currentHealthy=4 desiredHealthy=5 expectedPods=6 conditions=7", MetaCondition),
        [typeof(SelfSubjectAccessReview)] = Read(MetadataSpecStatus),
        [typeof(SelfSubjectAccessReviewSpec)] = Read("resourceAttributes=1 nonResourceAttributes=2"),
        [typeof(SubjectAccessReview)] = Read(MetadataSpecStatus),
        [typeof(LocalSubjectAccessReview)] = Read(MetadataSpecStatus),
        [typeof(SubjectAccessReviewSpec)] = Read("resourceAttributes=1 nonResourceAttributes=2 user=3 groups=4 extra=5 uid=6"),
        [typeof(ResourceAttributes)] = Read("namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7 fieldSelector=8 labelSelector=9"),
        [typeof(NonResourceAttributes)] = Read("path=1 verb=2"),
        [typeof(SubjectAccessReviewStatus)] = Read("allowed=1 reason=2 evaluationError=3 denied~=4"),
        [typeof(SelfSubjectRulesReview)] = Read(MetadataSpecStatus),
        [typeof(SelfSubjectRulesReviewSpec)] = Read("namespace=1"),
        [typeof(SubjectRulesReviewStatus)] = Read("resourceRules=1 nonResourceRules=2 incomplete=3 evaluationError=4"),
        [typeof(SelfSubjectReview)] = Read("metadata=1 status=2"),
        [typeof(SelfSubjectReviewStatus)] = Read("userInfo=1"),
        [typeof(UserInfo)] = Read("username=1 uid=2 groups=3 extra=4"),
        [typeof(TokenReview)] = Read(MetadataSpecStatus),
        [typeof(TokenReviewSpec)] = Read("token=1 audiences=2"),
        [typeof(TokenReviewStatus)] = Read("authenticated~=1 user=2 error=3 audiences=4"),
        [typeof(EvictionBody)] = Read("metadata=1 deleteOptions=2"),
        [typeof(Binding)] = Read("metadata=1 target=2"),
        [typeof(ObjectMeta)] = Read(
            "name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation~=7 creationTimestamp=8 deletionTimestamp=9 "
            + "deletionGracePeriodSeconds=10 labels=11 annotations=12 ownerReferences=13 finalizers=14 managedFields=17"),
        [typeof(OwnerReference)] = Read("kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7"),
        [typeof(ManagedFieldsEntry)] = Read("manager=1 operation=2 apiVersion=3 time=4 fieldsType=6 fieldsV1=7 subresource=8"),
        [typeof(LabelSelector)] = Read("matchLabels=1 matchExpressions=2"),
        [typeof(LabelSelectorRequirement)] = Read("key=1 operator=2 values=3"),
        [typeof(DeploymentSpec)] = Read(
            "replicas=1 selector=2 template=3 strategy=4 minReadySeconds~=5 revisionHistoryLimit=6 paused~=7 progressDeadlineSeconds=9"),
        [typeof(DeploymentStrategy)] = Read("type=1 rollingUpdate=2"),
        [typeof(RollingUpdateDeployment)] = Read("maxUnavailable=1 maxSurge=2"),
        [typeof(DeploymentStatus)] = Read(
            "observedGeneration~=1 replicas~=2 updatedReplicas~=3 availableReplicas~=4 unavailableReplicas~=5 conditions=6 readyReplicas~=7 "
            + "collisionCount=8 terminatingReplicas=9", DeploymentCondition),
        [typeof(ReplicaSetSpec)] = Read("replicas=1 selector=2 template=3 minReadySeconds~=4"),
        [typeof(ReplicaSetStatus)] = Read(
            "replicas~=1 fullyLabeledReplicas~=2 observedGeneration~=3 readyReplicas~=4 availableReplicas~=5 conditions=6 terminatingReplicas=7",
            ReplicaSetCondition),
        [typeof(ScaleSpec)] = Read("replicas=1"),
        [typeof(ScaleStatus)] = Read("replicas=1 selector=2"),
        [typeof(NamespaceSpec)] = Read("finalizers=1"),
        [typeof(NamespaceStatus)] = Read("phase=1 conditions=2", NamespaceCondition),
        [typeof(NodeSpec)] = Read("podCIDR=1 externalID=2 providerID=3 unschedulable~=4 taints=5 configSource=6 podCIDRs=7"),
        [typeof(Taint)] = Read("key=1 value=2 effect=3 timeAdded=4"),
        [typeof(NodeStatus)] = Read("capacity=1 allocatable=2 phase=3 conditions=4 addresses=5", NodeCondition),
        [typeof(NodeAddress)] = Read("type=1 address=2"),
        [typeof(PodTemplateSpec)] = Read("metadata=1 spec=2"),
        [typeof(PodSpec)] = Read(
            "volumes=1 containers=2 restartPolicy=3 terminationGracePeriodSeconds=4 activeDeadlineSeconds=5 dnsPolicy=6 nodeSelector=7 "
            + "serviceAccountName=8 serviceAccount=9 nodeName=10 hostNetwork~=11 hostPID~=12 hostIPC~=13 securityContext=14 imagePullSecrets=15 "
            + "hostname=16 subdomain=17 affinity=18 schedulerName=19 initContainers=20 automountServiceAccountToken=21 tolerations=22 hostAliases=23 "
            + "priorityClassName=24 priority=25 dnsConfig=26 shareProcessNamespace=27 readinessGates=28 runtimeClassName=29 enableServiceLinks=30 "
            + "preemptionPolicy=31 overhead=32 topologySpreadConstraints=33 ephemeralContainers=34 setHostnameAsFQDN=35 os=36 hostUsers=37 "
            + "schedulingGates=38 resourceClaims=39 resources=40 hostnameOverride=41 workloadRef=42"),
        [typeof(PodSecurityContext)] = Read(
            "seLinuxOptions=1 runAsUser=2 runAsNonRoot=3 supplementalGroups=4 fsGroup=5 runAsGroup=6 sysctls=7 windowsOptions=8 "
            + "fsGroupChangePolicy=9 seccompProfile=10 appArmorProfile=11 supplementalGroupsPolicy=12 seLinuxChangePolicy=13"),
        [typeof(Affinity)] = Read("nodeAffinity=1 podAffinity=2 podAntiAffinity=3"),
        [typeof(NodeAffinity)] = Read(RequiredAndPreferred),
        [typeof(NodeSelector)] = Read("nodeSelectorTerms=1"),
        [typeof(NodeSelectorTerm)] = Read("matchExpressions=1 matchFields=2"),
        [typeof(NodeSelectorRequirement)] = Read("key=1 operator=2 values=3"),
        [typeof(PreferredSchedulingTerm)] = Read("weight=1 preference=2"),
        [typeof(PodAffinity)] = Read(RequiredAndPreferred),
        [typeof(PodAntiAffinity)] = Read(RequiredAndPreferred),
        [typeof(PodAffinityTerm)] = Read("labelSelector=1 namespaces=2 topologyKey=3 namespaceSelector=4 matchLabelKeys=5 mismatchLabelKeys=6"),
        [typeof(WeightedPodAffinityTerm)] = Read("weight=1 podAffinityTerm=2"),
        [typeof(TopologySpreadConstraint)] = Read(
            "maxSkew=1 topologyKey=2 whenUnsatisfiable=3 labelSelector=4 minDomains=5 nodeAffinityPolicy=6 nodeTaintsPolicy=7 matchLabelKeys=8"),
        [typeof(Toleration)] = Read("key=1 operator=2 value=3 effect=4 tolerationSeconds=5"),
        [typeof(LocalObjectReference)] = Read("name=1"),
        [typeof(Volume)] = Read("name=1 *=2"),
        [typeof(HostPathVolumeSource)] = Read("path=1 type=2"),
        [typeof(EmptyDirVolumeSource)] = Read("medium=1 sizeLimit=2"),
        [typeof(SecretVolumeSource)] = Read("secretName=1 items=2 defaultMode=3 optional=4"),
        [typeof(ConfigMapVolumeSource)] = Read("*=1 items=2 defaultMode=3 optional=4"),
        [typeof(KeyToPath)] = Read("key=1 path=2 mode=3"),
        [typeof(DownwardAPIVolumeSource)] = Read("items=1 defaultMode=2"),
        [typeof(DownwardAPIVolumeFile)] = Read("path=1 fieldRef=2 resourceFieldRef=3 mode=4"),
        [typeof(ProjectedVolumeSource)] = Read("sources=1 defaultMode=2"),
        [typeof(VolumeProjection)] = Read("secret=1 downwardAPI=2 configMap=3 serviceAccountToken=4 clusterTrustBundle=5 podCertificate=6"),
        [typeof(SecretProjection)] = Read("*=1 items=2 optional=4"),
        [typeof(ConfigMapProjection)] = Read("*=1 items=2 optional=4"),
        [typeof(DownwardAPIProjection)] = Read("items=1"),
        [typeof(PodStatus)] = Read(
            "phase=1 conditions=2 message=3 reason=4 hostIP=5 podIP=6 startTime=7 qosClass=9 nominatedNodeName=11 podIPs=12 resize=14 hostIPs=16 "
            + "observedGeneration~=17", PodCondition),
        [typeof(PodIP)] = Read("ip=1"),
        [typeof(HostIP)] = Read("ip=1"),
        [typeof(Container)] = Read(
            "name=1 image=2 command=3 args=4 workingDir=5 ports=6 env=7 resources=8 volumeMounts=9 livenessProbe=10 readinessProbe=11 lifecycle=12 "
            + "terminationMessagePath=13 imagePullPolicy=14 securityContext=15 stdin~=16 stdinOnce~=17 tty~=18 envFrom=19 "
            + "terminationMessagePolicy=20 volumeDevices=21 startupProbe=22 resizePolicy=23 restartPolicy=24 restartPolicyRules=25"),
        [typeof(ContainerPort)] = Read("name=1 hostPort~=2 containerPort=3 protocol=4 hostIP=5"),
        [typeof(HostAlias)] = Read("ip=1 hostnames=2"),
        [typeof(PodDnsConfig)] = Read("nameservers=1 searches=2 options=3"),
        [typeof(PodDnsConfigOption)] = Read("name=1 value=2"),
        [typeof(ResourceFieldSelector)] = Read("containerName=1 resource=2 divisor=3"),
        [typeof(EnvVar)] = Read("name=1 value=2 valueFrom=3"),
        [typeof(EnvVarSource)] = Read("fieldRef=1 resourceFieldRef=2 configMapKeyRef=3 secretKeyRef=4 fileKeyRef=5"),
        [typeof(ConfigMapKeySelector)] = Read("*=1 key=2 optional=3"),
        [typeof(SecretKeySelector)] = Read("*=1 key=2 optional=3"),
        [typeof(EnvFromSource)] = Read("prefix=1 configMapRef=2 secretRef=3"),
        [typeof(ConfigMapEnvSource)] = Read("*=1 optional=2"),
        [typeof(SecretEnvSource)] = Read("*=1 optional=2"),
        [typeof(ObjectFieldSelector)] = Read("apiVersion=1 fieldPath=2"),
        [typeof(ResourceRequirements)] = Read("limits=1 requests=2 claims=3"),
        [typeof(VolumeMount)] = Read("name=1 readOnly~=2 mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6 recursiveReadOnly=7"),
        [typeof(Probe)] = Read(
            "*=1 initialDelaySeconds~=2 timeoutSeconds~=3 periodSeconds~=4 successThreshold~=5 failureThreshold~=6 terminationGracePeriodSeconds=7"),
        [typeof(ExecAction)] = Read("command=1"),
        [typeof(HttpGetAction)] = Read("path=1 port=2 host=3 scheme=4 httpHeaders=5"),
        [typeof(HttpHeader)] = Read("name=1 value=2"),
        [typeof(TcpSocketAction)] = Read("port=1 host=2"),
        [typeof(GrpcAction)] = Read("port=1 service=2"),
        [typeof(Lifecycle)] = Read("postStart=1 preStop=2 stopSignal=3"),
        [typeof(LifecycleHandler)] = Read("exec=1 httpGet=2 tcpSocket=3 sleep=4"),
        [typeof(SleepAction)] = Read("seconds=1"),
        [typeof(SecurityContext)] = Read(
            "capabilities=1 privileged=2 seLinuxOptions=3 runAsUser=4 runAsNonRoot=5 readOnlyRootFilesystem=6 allowPrivilegeEscalation=7 "
            + "runAsGroup=8 procMount=9 windowsOptions=10 seccompProfile=11 appArmorProfile=12"),
        [typeof(Capabilities)] = Read("add=1 drop=2"),
        [typeof(SeccompProfile)] = Read("type=1 localhostProfile=2"),
        [typeof(ObjectReference)] = Read("kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7"),
        [typeof(EventSource)] = Read("component=1 host=2"),
        [typeof(EventSeries)] = Read("count~=1 lastObservedTime=2"),
        [typeof(DeleteOptions.Body)] = Read("gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy=4 dryRun=5"),
        [typeof(Preconditions)] = Read("uid=1 resourceVersion=2"),
    }.ToFrozenDictionary();

    /// <summary>The messages that JSON has inlined: a probe's handler, a volume's source, the name of an object.</summary>
    private static readonly FrozenDictionary<Type, FrozenDictionary<int, ProtobufField>> Inlined = new Dictionary<Type, FrozenDictionary<int, ProtobufField>>
    {
        [typeof(ConfigMapKeySelector)] = Read("name=1"),
        [typeof(SecretKeySelector)] = Read("name=1"),
        [typeof(ConfigMapEnvSource)] = Read("name=1"),
        [typeof(SecretEnvSource)] = Read("name=1"),
        [typeof(ConfigMapVolumeSource)] = Read("name=1"),
        [typeof(SecretProjection)] = Read("name=1"),
        [typeof(ConfigMapProjection)] = Read("name=1"),
        [typeof(Probe)] = Read("exec=1 httpGet=2 tcpSocket=3 grpc=4"),
        [typeof(Volume)] = Read(
            "hostPath=1 emptyDir=2 gcePersistentDisk=3 awsElasticBlockStore=4 gitRepo=5 secret=6 nfs=7 iscsi=8 glusterfs=9 persistentVolumeClaim=10 "
            + "rbd=11 flexVolume=12 cinder=13 cephfs=14 flocker=15 downwardAPI=16 fc=17 azureFile=18 configMap=19 vsphereVolume=20 quobyte=21 "
            + "azureDisk=22 photonPersistentDisk=23 portworxVolume=24 scaleIO=25 projected=26 storageos=27 csi=28 ephemeral=29 image=30"),
    }.ToFrozenDictionary();

    /// <summary>The fields of a record's message by number; empty for one that is not read.</summary>
    public static FrozenDictionary<int, ProtobufField> Of(Type record) =>
        ByType.GetValueOrDefault(record) ?? FrozenDictionary<int, ProtobufField>.Empty;

    /// <summary>The fields of the message that is inlined in a record's JSON.</summary>
    public static FrozenDictionary<int, ProtobufField> InlinedIn(Type record) => Inlined[record];

    private static FrozenDictionary<int, ProtobufField> Read(string fields, FrozenDictionary<int, ProtobufField>? condition = null) => fields
        .Split(' ')
        .Select(field => field.Split('='))
        .ToFrozenDictionary(
            parts => int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts => new ProtobufField(
                parts[0].Trim('~', '#', '*'), parts[0].EndsWith('~'), parts[0].EndsWith('#'), parts[0] == "conditions" ? condition : null));
}
