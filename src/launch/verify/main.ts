/** Runs `backstep verify-worker` and ends with its exit code. */
import 'reflect-metadata';
import { verifyWorker } from './verify-worker.js';

process.exitCode = await verifyWorker(process.argv.slice(2));
// Connections of a client that the suite has given up on must not keep the process.
setTimeout(() => process.exit(), 5000).unref();
