namespace AkkaLb.Programs.Hocon;

/// <summary>One mistake in a HOCON text: where it is, what is wrong and what to do.</summary>
/// <param name="Line">Line, from 1; lines end in LF or CR LF.</param>
/// <param name="Column">Column, from 1, in UTF-16 characters; a tab counts as one.</param>
/// <param name="Message">One line, without position or file name.</param>
public sealed record HoconProblem(int Line, int Column, string Message);
