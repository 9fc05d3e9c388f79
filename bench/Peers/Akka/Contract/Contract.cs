namespace Shop;

public sealed record Greet(string Name);

public sealed record Greeting(string Text);

public sealed record Salutation(string Word);
