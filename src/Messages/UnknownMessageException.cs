using System.Runtime.Serialization;

namespace AkkaLb.Messages;

/// <summary>A message that this node does not know: it lacks the serializer, or the type is not listed. Another node may know it.</summary>
/// <remarks>Bytes of a known type that cannot be read are a plain <see cref="SerializationException"/>.</remarks>
public sealed class UnknownMessageException(string sentence, Exception? cause = null) : SerializationException(sentence, cause);
