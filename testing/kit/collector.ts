/** A collector of traces in this process: OTLP over HTTP, as protobuf, read field by field. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** '' = the trace starts with it. */
  readonly parentId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 = an error. */
  readonly statusCode: number;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
}

export async function openCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      if (request.url === '/v1/traces') spans.push(...spansIn(isZipped ? gunzipSync(sent) : sent));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Value = Buffer | bigint;
type Message = ReadonlyMap<number, readonly Value[]>;

/** A protobuf message: its values by field number. */
function read(bytes: Buffer): Message {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++] ?? 0);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  };
  const part = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    if ((tag & 7) === 0) values.push(varint());
    else if ((tag & 7) === 1) values.push(part(8).readBigUInt64LE());
    else if ((tag & 7) === 5) values.push(BigInt(part(4).readUInt32LE()));
    else values.push(part(Number(varint())));
  }
  return fields;
}

const inside = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map((value) => read(value as Buffer));
const bytesOf = (message: Message, field: number): Buffer =>
  (message.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
const textOf = (message: Message, field: number): string => bytesOf(message, field).toString();
const numberOf = (message: Message, field: number): bigint =>
  (message.get(field)?.[0] as bigint | undefined) ?? 0n;

/** Field numbers as in opentelemetry/proto/trace/v1/trace.proto. */
function spansIn(bytes: Buffer): CollectedSpan[] {
  return inside(read(bytes), 1).flatMap((ofResource) => {
    const [resource] = inside(ofResource, 1);
    const service = resource === undefined ? '' : String(attributesOf(resource, 1)['service.name']);
    return inside(ofResource, 2)
      .flatMap((scope) => inside(scope, 2))
      .map((span) => ({ service, ...spanOf(span) }));
  });
}

function spanOf(span: Message): Omit<CollectedSpan, 'service'> {
  const [status] = inside(span, 15);
  return {
    traceId: bytesOf(span, 1).toString('hex'),
    spanId: bytesOf(span, 2).toString('hex'),
    parentId: bytesOf(span, 4).toString('hex'),
    name: textOf(span, 5),
    kind: Number(numberOf(span, 6)),
    startedAt: numberOf(span, 7),
    endedAt: numberOf(span, 8),
    attributes: attributesOf(span, 9),
    statusCode: status === undefined ? 0 : Number(numberOf(status, 3)),
  };
}

function attributesOf(message: Message, field: number): Record<string, unknown> {
  return Object.fromEntries(
    inside(message, field).map((pair) => {
      const [value = new Map()] = inside(pair, 2);
      return [
        textOf(pair, 1),
        value.has(1) ? textOf(value, 1) : numberOf(value, value.has(2) ? 2 : 3),
      ];
    }),
  );
}

/**
 * Siblings by their start; what takes an answer or works on a command, by name: their times are
 * close.
 */
function bySiblings(a: CollectedSpan, b: CollectedSpan): number {
  const isClose = a.kind === 5 && b.kind === 5;
  return (isClose ? 0 : Number(a.startedAt - b.startedAt)) || a.name.localeCompare(b.name);
}

/** The tree of a trace as text, a line for each span. */
export function treeOf(spans: readonly CollectedSpan[], root: string, depth = 0): string[] {
  const below = spans.filter(({ parentId }) => parentId === root).sort(bySiblings);
  return below.flatMap((span) => {
    const error = span.statusCode === 2 ? ` ✗ ${String(span.attributes['error.type'])}` : '';
    const line = `${'  '.repeat(depth)}${span.service}: ${span.name}${error}`;
    return [line, ...treeOf(spans, span.spanId, depth + 1)];
  });
}
