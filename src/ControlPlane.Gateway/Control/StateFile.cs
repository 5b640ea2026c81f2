namespace ControlPlane.Gateway.Control;

/// <summary>A file of the data folder that is replaced whole: written beside and renamed, so that a crash leaves the old or the new one, never half a one.</summary>
internal static class StateFile
{
    /// <summary>What is beside a file for longer than this is nobody's: whoever wrote it has died.</summary>
    public static readonly TimeSpan WrittenWithin = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Replaces the file. What is written beside it has a name by chance: two gateways that share the folder may have the same process number, for each container counts its own.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Who may read it; null for the user's default.</param>
    /// <param name="cancellationToken">Leaves the file as it was.</param>
    /// <exception cref="IOException">The file is as it was: the disk is full, say.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is as it was: this user may not.</exception>
    public static async Task ReplaceAsync(string path, ReadOnlyMemory<byte> content, UnixFileMode? mode, CancellationToken cancellationToken)
    {
        string beside = $"{path}.{Guid.NewGuid():N}";
        try
        {
            FileStreamOptions create = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode };
            await using (FileStream file = new(beside, create))
            {
                await file.WriteAsync(content, cancellationToken);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception)
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>Removes what processes have left beside a file that died while they wrote it. What cannot be removed stays: it does no harm, and says nothing of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The time.</param>
    public static void RemoveLeftovers(string path, DateTimeOffset now)
    {
        // Not by a pattern: ".*" at its end stands for nothing as well (.NET's are DOS's), which is the file itself.
        string beside = $"{Path.GetFileName(path)}.";
        DirectoryInfo folder = new(Path.GetDirectoryName(path)!);
        try
        {
            foreach (FileInfo file in folder.EnumerateFiles().Where(file => file.Name.StartsWith(beside, StringComparison.Ordinal) && now - file.LastWriteTimeUtc > WrittenWithin))
            {
                file.Delete();
            }
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // A file system that is mounted read-only, or another user's leftovers.
        }
    }
}
