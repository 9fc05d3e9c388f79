using AkkaLb.Core.Registration;
using static AkkaLb.Core.Tests.Build;
using static AkkaLb.Core.Tests.Registration.RegistrationText;

namespace AkkaLb.Core.Tests.Registration;

/// <summary>When who says drain, or leave, is answered. Registered at 0 s as lease 42 of 5 s.</summary>
public class RegistrationAnswersTests
{
    private static readonly RegistrationSettings Settings = new(S(5), S(1), S(10), new BackOff(Ms(100), S(2)));

    private readonly RegistrationCore _core = new(Worker("w", incarnation: 7), Settings, new MiddlingRandom());

    public RegistrationAnswersTests()
    {
        _core.Start(S(0));
        _core.Registered(42, S(5), S(0));
    }

    [Fact]
    public void Draining_is_answered_once_when_it_is_written()
    {
        Assert.Equal("update 42", Handle(new RegistrationInput.Drain()));
        Assert.Equal("draining announced", Handle(new RegistrationInput.Updated()));
        Assert.Equal("", Handle(new RegistrationInput.Updated()));
    }

    [Fact]
    public void Draining_that_waits_for_another_writing_is_answered_when_it_is_written_itself()
    {
        _core.Ability("broken", S(0));
        Assert.Equal("", Handle(new RegistrationInput.Drain()));
        Assert.Equal("update 42", Handle(new RegistrationInput.Updated()));
        Assert.Equal("draining announced", Handle(new RegistrationInput.Updated()));
    }

    [Fact]
    public void Draining_that_cannot_be_written_is_answered_too_and_only_once()
    {
        Handle(new RegistrationInput.Drain());
        Assert.EndsWith(": no answer | draining announced", Handle(new RegistrationInput.UpdateFailed("no answer")), StringComparison.Ordinal);
        _core.Tick(S(1));
        Assert.Equal("update 42", Handle(new KeepAliveOutcome.Kept(S(5)), S(1)));
        Assert.Equal("note: the registry has been told whether this worker takes jobs", Handle(new RegistrationInput.Updated(), S(1)));
    }

    [Fact]
    public void Draining_without_a_registration_is_answered_at_once()
    {
        _core.Tick(S(1));
        _core.LeaseLost(S(1));
        Assert.Equal("draining announced", Handle(new RegistrationInput.Drain(), S(1)));
    }

    [Theory]
    [InlineData(null, "registry left")]
    [InlineData("no answer", "warn: the lease could not be given back; it will run out: no answer | registry left")]
    public void Leaving_is_answered_when_the_lease_is_given_back_or_could_not_be(string? problem, string answer)
    {
        Assert.Equal("deregister 42", Handle(new RegistrationInput.Leave()));
        Assert.Equal(answer, Handle(new RegistrationInput.Deregistered(42, problem)));
    }

    [Fact]
    public void A_lease_given_back_before_is_no_answer_to_leaving()
    {
        _core.Tick(S(5));
        _core.Kept(S(5), S(5));
        _core.Looked(new EntrySight.Found(99, 6, Worker("w", incarnation: 8)), S(5));
        _core.Registered(43, S(5), S(5));
        Assert.Equal("deregister 43", Handle(new RegistrationInput.Leave(), S(5)));
        Assert.Equal("", Handle(new RegistrationInput.Deregistered(42, Problem: null), S(5)));
        Assert.Equal("registry left", Handle(new RegistrationInput.Deregistered(43, Problem: null), S(5)));
    }

    [Fact]
    public void Leaving_without_a_registration_is_answered_at_once()
    {
        _core.Tick(S(1));
        _core.LeaseLost(S(1));
        Assert.Equal("registry left", Handle(new RegistrationInput.Leave(), S(1)));
    }

    [Fact]
    public void What_is_no_input_is_refused() => Assert.Throws<ArgumentException>(() => Handle("what?"));

    private string Handle(object input, TimeSpan now = default) => Text(RegistrationDriver.Handle(_core, input, now));
}
