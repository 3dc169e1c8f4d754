/** Parser of the addresses of Kafka. */
import { isIPv6 } from 'node:net';
import { wrong } from './parsers.js';

export function brokers(value: string | null): readonly string[] | null {
  if (value === null) return null;
  const list = value.split(',').map((one) => one.trim());
  const bad = list.find((one) => !isBroker(one));
  return bad === undefined
    ? list
    : wrong(
        `host:port like kafka-1:9092 or [::1]:9092, several separated by commas; ${JSON.stringify(bad)} is not host:port`,
      );
}

/** Compose services may contain `_`, full domain names end with a dot; IPv6 is in brackets. */
function isBroker(text: string): boolean {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535) return false;
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name.length <= 253 && name.split('.').every((part) => BROKER_NAME.test(part));
}

const BROKER_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
