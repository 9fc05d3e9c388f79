using System.Runtime.InteropServices;

namespace AkkaLb.BuiltInJobs;

/// <summary>Memory outside the managed heap, every page of it touched, that goes back to the operating system when it is disposed.</summary>
/// <remarks>The garbage collector would keep freed memory for a while; then nobody could see a policy react to its release.</remarks>
internal sealed class HeldMemory : SafeBuffer
{
    /// <summary>
    /// glibc gives blocks above its mmap threshold (at most 32 MiB, and it grows towards that) pages of their own and returns those
    /// when they are freed; smaller blocks may stay with the process. So smaller ones are asked for as this; pages that are not
    /// touched cost nothing.
    /// </summary>
    private const long BlockBytesMin = 64L << 20;

    /// <exception cref="OutOfMemoryException">The operating system does not promise that much.</exception>
    public HeldMemory(long bytes)
        : base(ownsHandle: true)
    {
        SetHandle(Marshal.AllocHGlobal((nint)Math.Max(bytes, BlockBytesMin)));
        Initialize((ulong)bytes);
        for (var offset = 0UL; offset < ByteLength; offset += (ulong)Environment.SystemPageSize)
        {
            Write<byte>(offset, 1);
        }
    }

    protected override bool ReleaseHandle()
    {
        Marshal.FreeHGlobal(handle);
        return true;
    }
}
