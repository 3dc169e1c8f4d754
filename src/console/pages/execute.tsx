/** Starting a flow: a form from the orchestration's payload schema, or JSON. */

import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { type FormField, fieldsOf, payloadOf } from '../data/form.js';
import { gateway } from '../data/gateway.js';
import { useLoaded } from '../data/load.js';
import { OrchestrationPageDocument } from '../generated/graphql.js';
import { Empty, Failure, Page, Shown } from '../parts/frame.js';
import { Json } from '../parts/json.js';

export function ExecutePage() {
  const name = useRoute().params.name ?? '';
  const loaded = useLoaded(name, async (signal) => {
    const answer = await gateway.request(OrchestrationPageDocument, { name }, { signal });
    return { found: answer.orchestration ?? null };
  });
  return (
    <Page title={`Execute ${name}`}>
      <Shown loaded={loaded}>
        {({ found }) =>
          found === null ? (
            <Empty>
              There is no orchestration {name}. <a href="/">All orchestrations</a>
            </Empty>
          ) : (
            <ExecuteForm key={name} name={name} schema={found.payloadSchema} />
          )
        }
      </Shown>
    </Page>
  );
}

function ExecuteForm({ name, schema }: { readonly name: string; readonly schema: unknown }) {
  const fields = fieldsOf(schema);
  const [asJson, setAsJson] = useState(fields === null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [json, setJson] = useState('{}');
  const [key, setKey] = useState('');
  const payload = (): unknown =>
    asJson || fields === null ? (JSON.parse(json) as unknown) : payloadOf(fields, values);
  const { busy, error, submit } = useExecute(name, payload, key);
  return (
    <form class="wide" onSubmit={submit}>
      {fields !== null && <Switch asJson={asJson} choose={setAsJson} />}
      {asJson || fields === null ? (
        <JsonPayload text={json} set={setJson} />
      ) : (
        <Fields fields={fields} values={values} set={setValues} />
      )}
      <label class="field">
        Idempotency key (optional): the same key again gives the flow it started
        <input maxLength={200} value={key} onInput={(event) => setKey(event.currentTarget.value)} />
      </label>
      {error !== null && <Failure error={error} />}
      <button type="submit" class="primary" disabled={busy}>
        {busy ? 'Starting …' : 'Execute'}
      </button>
      {schema !== null && <Json value={schema} label="Schema of the payload" />}
    </form>
  );
}

function useExecute(orchestrationName: string, payload: () => unknown, key: string) {
  const { route } = useLocation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const start = async (): Promise<void> => {
    const input = { orchestrationName, payload: payload(), idempotencyKey: key.trim() || null };
    const { flow } = await gateway.execute({ ...input, initiator: 'console' });
    route(`/flows/${encodeURIComponent(flow.flowId)}`);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    start().catch((cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return { busy, error, submit };
}

interface JsonPayloadProps {
  readonly text: string;
  readonly set: (text: string) => void;
}

function JsonPayload({ text, set }: JsonPayloadProps) {
  return (
    <label class="field">
      Payload, as JSON
      <textarea
        class="code"
        rows={10}
        spellcheck={false}
        value={text}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

interface SwitchProps {
  readonly asJson: boolean;
  readonly choose: (asJson: boolean) => void;
}

function Switch({ asJson, choose }: SwitchProps) {
  return (
    <fieldset class="choice">
      <legend>Payload</legend>
      {[false, true].map((json) => (
        <label key={String(json)} class="check">
          <input
            type="radio"
            name="payload-as"
            checked={asJson === json}
            onChange={() => choose(json)}
          />
          {json ? 'as JSON' : 'as a form'}
        </label>
      ))}
    </fieldset>
  );
}

interface FieldsProps {
  readonly fields: readonly FormField[];
  readonly values: Readonly<Record<string, string>>;
  readonly set: (values: Readonly<Record<string, string>>) => void;
}

function Fields({ fields, values, set }: FieldsProps) {
  return (
    <>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          set={(text) => set({ ...values, [field.name]: text })}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly set: (text: string) => void;
}

function Field({ field, value, set }: FieldProps) {
  const { name, required, description } = field;
  const id = `payload-${name}`;
  return (
    <div class="field">
      <label for={id}>
        {name} {required && <span class="muted">(required)</span>}{' '}
        {description !== '' && <span class="muted">{description}</span>}
      </label>
      <FieldInput field={field} value={value} set={set} id={id} />
    </div>
  );
}

interface FieldInputProps extends FieldProps {
  readonly id: string;
}

function FieldInput({ field, value, set, id }: FieldInputProps) {
  const { kind, required } = field;
  const common = { id, required, value };
  if (kind === 'choice' || kind === 'yes-no')
    return (
      <select {...common} onChange={(event) => set(event.currentTarget.value)}>
        <option value="" />
        {(kind === 'yes-no' ? ['true', 'false'] : field.choices).map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  const onInput = (event: { readonly currentTarget: { readonly value: string } }): void =>
    set(event.currentTarget.value);
  if (kind === 'json')
    return <textarea {...common} class="code" rows={3} placeholder="JSON" onInput={onInput} />;
  if (kind === 'number') return <input {...common} type="number" step="any" onInput={onInput} />;
  return <input {...common} onInput={onInput} />;
}
