using AkkaLb.Watching;

namespace AkkaLb.Programs;

/// <summary>Waits at the start until etcd answers.</summary>
public static class EtcdWait
{
    /// <summary>Between two questions, the first of which was answered with an error at once.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <param name="probe">Asks once, and is bounded in time by itself.</param>
    /// <param name="endpoints">For the operator.</param>
    /// <param name="wait">How long it is asked again after it could not be reached; zero: not at all.</param>
    /// <param name="say">Takes a line for standard error.</param>
    /// <exception cref="OperationCanceledException">Told to stop first.</exception>
    /// <exception cref="ProgramException">It cannot be reached in that time, or will not have us.</exception>
    public static async Task RunAsync(
        Func<CancellationToken, Task> probe, string endpoints, TimeSpan wait, TimeProvider time, Action<string> say, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(probe);
        ArgumentNullException.ThrowIfNull(time);
        using var line = new WaitingLine(() => $"etcd at {endpoints}", wait, time, say);
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                await probe(stopping).ConfigureAwait(false);
                return;
            }
            catch (RegistryUnavailableException) when (time.GetElapsedTime(begun) + Pause <= wait)
            {
                await Task.Delay(Pause, time, stopping).ConfigureAwait(false);
            }
            catch (RegistryUnavailableException e)
            {
                var waited = wait > TimeSpan.Zero ? FormattableString.Invariant($" (waited {wait.TotalSeconds:0.#} s)") : "";
                throw new ProgramException(ExitCode.Unreachable, $"{e.Message}{waited}: check --etcd, and that etcd is running", e);
            }
            catch (RegistryRefusedException e)
            {
                throw new ProgramException(ExitCode.Unreachable, e.Message, e);
            }
        }
    }
}
