/** The headers inside a message, for debug lines; null when the message cannot be read. Called only when debug lines are logged. */

export function messageHeaders(value: string | Uint8Array | null): unknown {
  try {
    const text =
      typeof value === 'string' ? value : Buffer.from(value ?? new Uint8Array()).toString();
    return (JSON.parse(text) as { readonly headers?: unknown }).headers ?? null;
  } catch {
    return null;
  }
}
