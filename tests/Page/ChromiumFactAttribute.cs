namespace AkkaLb.Page.Tests;

/// <summary>A test in a browser; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Path is null)
        {
            Skip = "there is no Chromium on PATH: scripts/install-chromium installs one";
        }
    }
}
