/** The driver that the gateway uses, for benchmarks that count its statements. */
export { default as driver } from 'pg';
