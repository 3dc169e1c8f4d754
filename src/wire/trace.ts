/**
 * One trace per flow: the initiator's traceparent when it has a valid one, else one derived from
 * the flowId (the same on every instance).
 */

const VALID = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A UUID with version and variant: neither half can be all zero. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function traceparentOf(flowId: string, headers: Readonly<Record<string, unknown>>): string {
  const given = headers.traceparent;
  if (typeof given === 'string' && VALID.test(given)) return given;
  // The digits of a UUID are the trace id, their second half, which is random, the span id.
  if (UUID.test(flowId)) {
    const digits = flowId.replaceAll('-', '');
    return `00-${digits}-${digits.slice(16)}-01`;
  }
  const parts = [1, 2, 3, 4, 5, 6].map((salt) => hash(`${salt}:${flowId}`));
  return `00-${parts.slice(0, 4).join('')}-${parts.slice(4).join('')}-01`;
}

/** FNV-1a with a final mix, as eight hexadecimal digits. Never all zero: the last bit is set. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (((value ^ (value >>> 12)) | 1) >>> 0).toString(16).padStart(8, '0');
}
