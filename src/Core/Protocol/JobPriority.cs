namespace AkkaLb.Core;

/// <summary>Which of the jobs that wait for a free place go first.</summary>
public enum JobPriority
{
    Low = -1,
    Normal = 0,
    High = 1,
}
