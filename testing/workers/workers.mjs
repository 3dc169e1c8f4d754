/**
 * Kits and examples that the suite is run on; `misses` = the cases they fail, and why we know it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FAILS = ['--failing-payload', '{"fail":true}', '--slow-payload', '{"slow":true}'];
/** The project's own, whatever runs this. */
const NODE = 'node_modules/.bin/node';
const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export function WORKERS({ python, classpath }) {
  const node = [NODE, 'testing/workers/node-worker.mjs'];
  const jars = ['workers/java/target/classes', 'workers/java/target/test-classes'];
  const java = () => [
    'java',
    ...QUICK,
    '-cp',
    [...jars, readFileSync(classpath, 'utf8').trim()].join(':'),
    'dev.backstep.worker.ConformanceApplication',
  ];
  return [
    { name: 'Node kit, Kafka', more: [...FAILS, '--', ...node] },
    { name: 'Node kit, GraphQL', way: 'listen', more: [...FAILS, '--', ...node] },
    { name: 'Java kit', more: [...FAILS, '--', ...java()] },
    { name: 'Python kit', more: [...FAILS, '--', python, 'testing/workers/worker.py'] },
    {
      name: 'Go example',
      on: ['order', 'charge'],
      prepare: [
        'go',
        ['build', '-o', join('..', '..', '.cache', 'workers', 'go-worker'), '.'],
        {},
        'examples/go-worker',
      ],
      more: ['--failing-payload', '{"fail":true}', '--', '.cache/workers/go-worker'],
    },
    {
      name: 'Python example',
      on: ['tripBooking', 'bookFlight'],
      more: [
        ...['--payload', '{"city":"Rome"}'],
        ...['--failing-payload', '{"city":"Rome","failAt":"bookFlight"}'],
        ...['--', python, 'examples/python-worker/worker.py'],
      ],
    },
    {
      name: 'Spring listeners of the quick start',
      on: ['tenantCreation', 'createRealm'],
      prepare: ['mvn', ['-q', '-B', '-ntp', '-f', 'examples/spring-worker/pom.xml', 'package']],
      more: [
        ...['--payload', '{"tenant":"acme"}'],
        ...['--failing-payload', '{"tenant":"acme","failAt":"createRealm"}'],
        ...['--', 'java', ...QUICK, '-jar', 'examples/spring-worker/target/spring-worker.jar'],
      ],
      misses: ['headers', 'late-do'],
    },
  ];
}
