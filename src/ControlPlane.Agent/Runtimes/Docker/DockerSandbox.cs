using System.Buffers.Binary;
using System.Formats.Tar;
using ControlPlane.Domain.Resources;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// A pod's sandbox on the engine: a container that sleeps, in whose network the pod's containers live. Its image is made here and given to the
/// engine, so that no registry is needed for it: one file, a program of a few instructions that wait for a signal for ever. Where the pod's containers share its processes, it is the first of them.
/// </summary>
internal sealed class DockerSandbox(AgentOptions options, DockerClient client, DockerImages images, DockerNetwork network)
{
    private const string Repository = "controlplane.dev/pause";
    private const string Tag = "2";
    private const string Image = $"{Repository}:{Tag}";
    private const string Program = "pause";

    /// <summary>What a sandbox needs least: it is nobody.</summary>
    private const string User = "65535:65535";

    /// <summary>Makes a pod's sandbox, and its image when the engine has none.</summary>
    /// <exception cref="ContainerStartException">The engine's processor is one for which there is no program.</exception>
    /// <exception cref="DockerApiException">The engine refused.</exception>
    public async Task<string> CreateAsync(SandboxRequest request, CancellationToken cancellationToken)
    {
        if (!await images.HasAsync(Image, cancellationToken))
        {
            await MakeImageAsync(cancellationToken);
        }

        CreateContainerParameters parameters = ParametersOf(request);
        network.Join(parameters, request.Pod, await network.EnsureAsync(cancellationToken));
        return (await client.Containers.CreateContainerAsync(parameters, cancellationToken)).ID;
    }

    private CreateContainerParameters ParametersOf(SandboxRequest request)
    {
        DockerPorts ports = DockerPorts.Of(request.Pod, [.. request.Pod.Spec.LastingContainers()], request.KeptPorts, options);
        return new CreateContainerParameters
        {
            Name = DockerContainer.NameOf(request.Identity),
            Image = Image,
            Entrypoint = [$"/{Program}"],
            User = User,
            Labels = ContainerLabels.Write(request.Identity, options.NodeName, Image, Image, ports.Published),
            ExposedPorts = ports.Exposed,

            // The first process of a container hears no signal that it does not handle, but this one; so an engine that stops does not wait for it.
            StopSignal = "SIGKILL",
            HostConfig = new HostConfig
            {
                PortBindings = ports.Bindings,
                Mounts = DockerMounts.OfSandbox(request.Pod),
                RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
                LogConfig = new LogConfig { Type = "none" },
                ReadonlyRootfs = true,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges"],
            },
        };
    }

    private async Task MakeImageAsync(CancellationToken cancellationToken)
    {
        string architecture = (await client.System.GetVersionAsync(cancellationToken)).Arch;
        byte[] program = PauseProgram.For(architecture)
            ?? throw new ContainerStartException($"there is no sandbox for a Docker Engine on {architecture}, so pods of several containers cannot run there");
        using MemoryStream archive = new();
        await using (TarWriter writer = new(archive, leaveOpen: true))
        {
            PaxTarEntry entry = new(TarEntryType.RegularFile, Program)
            {
                DataStream = new MemoryStream(program),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
                    | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
                ModificationTime = DateTimeOffset.UnixEpoch,
            };
            await writer.WriteEntryAsync(entry, cancellationToken);
        }

        archive.Position = 0;
        await client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = Repository, Tag = Tag }, archive, new AuthConfig(), new Progress<JSONMessage>(), cancellationToken);
    }
}

/// <summary>A program for Linux that sleeps until it is killed: an ELF header, one segment, and a loop around one system call.</summary>
internal static class PauseProgram
{
    private const int HeaderBytes = 64;
    private const int SegmentBytes = 56;
    private const ulong LoadedAt = 0x40_0000;

    /// <summary>No smaller than any page size of Linux on these processors.</summary>
    private const ulong Alignment = 0x1_0000;

    /// <summary>
    /// First <c>rt_sigaction(SIGCHLD, SIG_IGN)</c>, with the structure on the stack, so that what ends without a parent leaves nothing behind: <c>xor eax, eax; push rax; push rax;
    /// push rax; push 1; mov edi, 17; mov rsi, rsp; xor edx, edx; mov r10d, 8; mov eax, 13; syscall</c>. Then <c>again: mov eax, 34 (pause); syscall; jmp again</c>.
    /// </summary>
    private static readonly byte[] Amd64 =
    [
        0x31, 0xC0, 0x50, 0x50, 0x50, 0x6A, 0x01, 0xBF, 0x11, 0x00, 0x00, 0x00, 0x48, 0x89, 0xE6, 0x31, 0xD2, 0x41, 0xBA, 0x08, 0x00, 0x00, 0x00, 0xB8, 0x0D, 0x00, 0x00, 0x00, 0x0F, 0x05,
        0xB8, 0x22, 0x00, 0x00, 0x00, 0x0F, 0x05, 0xEB, 0xF7,
    ];

    /// <summary>
    /// The same: <c>sub sp, sp, 32; mov x0, 1; stp x0, xzr, [sp]; stp xzr, xzr, [sp, 16]; mov x0, 17; mov x1, sp; mov x2, 0; mov x3, 8; mov x8, 134; svc 0</c>, and
    /// <c>again: mov x0…x4, 0; mov x8, 73 (ppoll of nothing, without an end); svc 0; b again</c>: there is no pause on this processor.
    /// </summary>
    private static readonly byte[] Arm64 =
    [
        0xFF, 0x83, 0x00, 0xD1, 0x20, 0x00, 0x80, 0xD2, 0xE0, 0x7F, 0x00, 0xA9, 0xFF, 0x7F, 0x01, 0xA9, 0x20, 0x02, 0x80, 0xD2,
        0xE1, 0x03, 0x00, 0x91, 0x02, 0x00, 0x80, 0xD2, 0x03, 0x01, 0x80, 0xD2, 0xC8, 0x10, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4,
        0x00, 0x00, 0x80, 0xD2, 0x01, 0x00, 0x80, 0xD2, 0x02, 0x00, 0x80, 0xD2, 0x03, 0x00, 0x80, 0xD2,
        0x04, 0x00, 0x80, 0xD2, 0x28, 0x09, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4, 0xF9, 0xFF, 0xFF, 0x17,
    ];

    /// <summary>The program for a processor as the engine names it; null when there is none.</summary>
    public static byte[]? For(string architecture) => architecture switch
    {
        "amd64" => Build(machine: 62, Amd64),
        "arm64" => Build(machine: 183, Arm64),
        _ => null,
    };

    /// <summary>The layout is that of the ELF-64 object file format: header, program header, and the code right behind them.</summary>
    private static byte[] Build(ushort machine, byte[] code)
    {
        byte[] file = new byte[HeaderBytes + SegmentBytes + code.Length];
        ReadOnlySpan<byte> magic = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        magic.CopyTo(file);
        void Half(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Word(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        void Long(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);

        Half(16, 2); // an executable
        Half(18, machine);
        Word(20, 1); // the format's version
        Long(24, LoadedAt + HeaderBytes + SegmentBytes); // the entry point
        Long(32, HeaderBytes); // where the segments are described
        Half(52, HeaderBytes);
        Half(54, SegmentBytes);
        Half(56, 1); // one segment

        Word(HeaderBytes, 1); // to be loaded
        Word(HeaderBytes + 4, 5); // readable and executable
        Long(HeaderBytes + 16, LoadedAt);
        Long(HeaderBytes + 24, LoadedAt);
        Long(HeaderBytes + 32, (ulong)file.Length);
        Long(HeaderBytes + 40, (ulong)file.Length);
        Long(HeaderBytes + 48, Alignment);
        code.CopyTo(file, HeaderBytes + SegmentBytes);
        return file;
    }
}
