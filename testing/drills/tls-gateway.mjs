/** A gateway that ends TLS with a certificate that nobody has signed. */
import { get } from 'node:https';
import { Gateway } from '../chaos/rig.mjs';

export class TlsGateway extends Gateway {
  constructor(name, port, env, folder) {
    super(name, port, env, folder);
    this.url = `https://127.0.0.1:${port}`;
  }

  text(path) {
    return new Promise((resolve, reject) => {
      const request = get(this.url + path, { rejectUnauthorized: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
    });
  }

  async isReady() {
    return this.text('/readyz').then(
      (text) => JSON.parse(text).ready,
      () => false,
    );
  }
}
