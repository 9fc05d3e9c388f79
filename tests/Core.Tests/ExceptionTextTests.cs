namespace AkkaLb.Core.Tests;

public class ExceptionTextTests
{
    [Fact]
    public void An_exception_is_read_as_its_type_its_message_and_its_details()
    {
        var text = ExceptionText.Of(new FormatException("bad digit", new IOException("no disk")));

        Assert.Equal(("System.FormatException", "bad digit"), (text.Type, text.Message));
        Assert.Contains("no disk", text.Details, StringComparison.Ordinal);
        Assert.Equal("System.FormatException: bad digit", text.ToString());
    }

    [Fact]
    public void An_exception_that_cannot_be_read_is_told_by_its_type()
    {
        var text = ExceptionText.Of(new Unreadable());

        Assert.Equal(typeof(Unreadable).FullName, text.Type);
        Assert.Equal("its Message cannot be read: it throws System.NotSupportedException", text.Message);
        Assert.Equal($"{typeof(Unreadable).FullName}: its ToString cannot be read: it throws System.NotSupportedException", text.Details);
    }

    [Fact]
    public void A_message_of_null_is_empty_and_a_long_one_is_cut()
    {
        Assert.Equal("", ExceptionText.Of(new Saying(null!)).Message);
        Assert.Equal(ExceptionText.MessageLengthMax, ExceptionText.Of(new Saying(new string('x', 1_000_000))).Message.Length);
    }

    private sealed class Saying(string message) : Exception
    {
        public override string Message => message;
    }

    private sealed class Unreadable : Exception
    {
        public override string Message => throw new NotSupportedException();

        public override string ToString() => throw new NotSupportedException();
    }
}
