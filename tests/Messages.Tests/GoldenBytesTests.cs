using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

[Collection(nameof(TestSystem))]
public sealed class GoldenBytesTests(TestSystem system) : WireTests(system, Samples.All(system));

[CollectionDefinition(nameof(TestSystem))]
public sealed class TestSystemCollection : ICollectionFixture<TestSystem>;
