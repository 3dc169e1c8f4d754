/** The headers inside a message, for a debug line; what cannot be read is shown as nothing. Only called when debug lines are logged. */

export function messageHeaders(value: string | Uint8Array | null): unknown {
  try {
    const text =
      typeof value === 'string' ? value : Buffer.from(value ?? new Uint8Array()).toString();
    return (JSON.parse(text) as { readonly headers?: unknown }).headers ?? null;
  } catch {
    return null;
  }
}
