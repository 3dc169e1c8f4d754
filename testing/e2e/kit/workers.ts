/** The example workers as processes, built when they need it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, ROOT } from './child.js';
import { testBrokers } from './surroundings.js';

const SPRING = join(ROOT, 'examples/spring-worker');
const JAR = join(SPRING, 'target/spring-worker.jar');
const PYTHON = join(ROOT, 'examples/python-worker');
const VENV = join(ROOT, '.cache/python-worker');

/** Nothing is built when the jar is newer than what it is made of. */
export function buildSpringWorker(): void {
  const sources = readdirSync(join(SPRING, 'src'), { recursive: true, encoding: 'utf8' }).map(
    (name) => join(SPRING, 'src', name),
  );
  const newest = Math.max(
    ...[...sources, join(SPRING, 'pom.xml')].map((path) => statSync(path).mtimeMs),
  );
  if (existsSync(JAR) && statSync(JAR).mtimeMs >= newest) return;
  execFileSync('mvn', ['-q', '-B', '-ntp', 'package'], {
    cwd: SPRING,
    stdio: 'pipe',
    timeout: 300_000,
    // It runs for seconds: code is compiled once, and quickly.
    env: { ...process.env, MAVEN_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' },
  });
}

/** `typeHeaders`: the class of a command is taken from its record header and from nowhere else. */
export function startSpringWorker({ typeHeaders }: { readonly typeHeaders: boolean }): Child {
  const java = [
    'java',
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-jar',
    JAR,
  ] as const;
  const worker = new Child('spring-worker', [...java], {
    KAFKA_BROKERS: testBrokers(),
    ...(typeHeaders && { SPRING_PROFILES_ACTIVE: 'type-headers' }),
  });
  worker.isNeeded();
  return worker;
}

/** A virtual environment with the worker's requirements, made once per requirements. */
export function buildPythonWorker(): void {
  const requirements = join(PYTHON, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(VENV, 'installed.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'pipe', timeout: 120_000 });
  execFileSync(join(VENV, 'bin/pip'), ['install', '-q', '-r', requirements], {
    stdio: 'pipe',
    timeout: 300_000,
  });
  writeFileSync(stamp, wanted);
}

export function startPythonWorker(): Child {
  const worker = new Child('python-worker', [join(VENV, 'bin/python'), join(PYTHON, 'worker.py')], {
    KAFKA_BROKERS: testBrokers(),
  });
  worker.isNeeded();
  return worker;
}
