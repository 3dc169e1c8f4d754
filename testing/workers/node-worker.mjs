/** A worker with the Node kit, over what the suite names: Kafka or a gateway. */
import { FinalError, worker } from '../../dist/worker/index.js';

const { BACKSTEP_BROKERS: brokers, BACKSTEP_URL: url, GROUP: group } = process.env;
const at = url === undefined ? { brokers: brokers.split(',') } : { url };
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

await worker({ ...at, orchestration: 'conformance', group, log })
  .on('charge', {
    async do({ payload }) {
      if (payload?.fail) throw new FinalError('the card was refused');
      if (payload?.slow) await new Promise((resolve) => setTimeout(resolve, 3000));
      return { ...payload, charge: process.hrtime.bigint().toString() };
    },
    undo: nothing,
  })
  .start();
