namespace Shop;

public interface IGreeter : IGrainWithStringKey
{
    Task<Greeting> GreetAsync(string name);
}

[GenerateSerializer]
public sealed record Greeting([property: Id(0)] string Text);

public sealed record Salutation(string Word);
