/** The document for the worker teams of an orchestration, as a file. */
import { useState } from 'preact/hooks';
import { gateway, messageOf } from '../data/gateway.js';
import { AsyncApiDocument } from '../generated/graphql.js';

export function AsyncApiFile({ name }: { readonly name: string }) {
  const [wrong, setWrong] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    try {
      const { orchestration } = await gateway.request(AsyncApiDocument, { name });
      if (orchestration) download(`${name}.asyncapi.yaml`, orchestration.asyncapi);
      setWrong(null);
    } catch (error) {
      setWrong(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" class="link" onClick={() => void save()}>
        Download {name}.asyncapi.yaml
      </button>{' '}
      {wrong !== null && <span role="alert">{wrong}</span>}
    </>
  );
}

/** With the token of this page: a link has none. */
function download(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = document.createElement('a');
  Object.assign(link, { href: url, download: fileName });
  link.click();
  URL.revokeObjectURL(url);
}
