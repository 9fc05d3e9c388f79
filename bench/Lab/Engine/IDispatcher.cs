namespace AkkaLb.Bench.Lab.Engine;

/// <summary>Decides which worker gets a job, and brings it there with <see cref="World.Give"/>.</summary>
internal interface IDispatcher
{
    /// <summary>How long an answer takes from a worker to the caller, in seconds.</summary>
    double AnswerDelay { get; }

    /// <summary>Before the first job, at time 0.</summary>
    void Begin(World world);

    /// <summary>A caller submits a job.</summary>
    void Submitted(int job);

    /// <summary>A worker is done with a job.</summary>
    void Ended(int job, int worker);

    /// <summary>A worker is gone, and these jobs with it: they are to be done elsewhere.</summary>
    void Lost(IReadOnlyList<int> jobs, int worker);

    /// <summary>A worker is there again.</summary>
    void Returned(int worker);
}
