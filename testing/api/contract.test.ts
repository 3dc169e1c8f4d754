import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { createSchema, printSchema } from '../../src/api/graphql/schema.js';

const contract = buildSchema(readFileSync('testing/api/contract.graphql', 'utf8'));
const printed = buildSchema(printSchema());

type Part = readonly [path: string, text: string];

const ownTypes = (schema: GraphQLSchema): GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );

function inputPart(path: string, input: GraphQLArgument | GraphQLInputField): Part {
  const byDefault =
    input.defaultValue === undefined ? '' : ` = ${JSON.stringify(input.defaultValue)}`;
  return [`${path}.${input.name}`, `${input.type}${byDefault}`];
}

/** Every type, field, argument and value of a schema with its description. */
function partsOf(schema: GraphQLSchema): Map<string, string> {
  const parts = ownTypes(schema).flatMap((type): Part[] => {
    const own: Part = [type.name, type.constructor.name];
    if (isEnumType(type))
      return [own, ...type.getValues().map(({ name }): Part => [`${type.name}.${name}`, 'value'])];
    if (isInputObjectType(type))
      return [own, ...Object.values(type.getFields()).map((field) => inputPart(type.name, field))];
    if (!isObjectType(type)) return [own];
    return [
      own,
      ...Object.values(type.getFields()).flatMap((field) => fieldParts(type.name, field)),
    ];
  });
  return new Map(parts);
}

function fieldParts(type: string, field: GraphQLField<unknown, unknown>): Part[] {
  const path = `${type}.${field.name}`;
  return [[path, String(field.type)], ...field.args.map((arg) => inputPart(path, arg))];
}

describe('the printed schema', () => {
  const wanted = partsOf(contract);
  const there = partsOf(printed);

  const parts = Map.groupBy([...wanted.keys()], (path) => path.split('.', 1)[0] ?? '');
  test.each([...parts])('has %s as the contract has it, letter for letter', (_type, paths) => {
    expect(paths.map((path) => [path, there.get(path)])).toEqual(
      paths.map((path) => [path, wanted.get(path)]),
    );
  });

  test('requires nothing more than the contract does: what it adds to arguments and inputs may be left out', () => {
    const added = [...there].filter(
      ([path, text]) =>
        !wanted.has(path) && text.endsWith('!') && /(Input|Filter)\.|\..+\./.test(path),
    );
    expect(added).toEqual([]);
  });

  test('describes every type, field, argument and value', () => {
    const described = ownTypes(createSchema()).flatMap(
      (type): [string, string | null | undefined][] => {
        const own: [string, string | null | undefined] = [type.name, type.description];
        if (isEnumType(type))
          return [
            own,
            ...type
              .getValues()
              .map((one): [string, string | null | undefined] => [one.name, one.description]),
          ];
        if (!isObjectType(type) && !isInputObjectType(type)) return [own];
        const fields = Object.values<GraphQLField<unknown, unknown> | GraphQLInputField>(
          type.getFields(),
        );
        const args = fields.flatMap((field) =>
          'args' in field
            ? field.args.map((arg) => ({ ...arg, name: `${field.name}.${arg.name}` }))
            : [],
        );
        return [
          own,
          ...[...fields, ...args].map((one): [string, string | null | undefined] => [
            `${type.name}.${one.name}`,
            one.description,
          ]),
        ];
      },
    );
    const roots = new Set(['Query', 'Mutation', 'Subscription']);
    expect(
      described
        .filter(([name, text]) => !roots.has(name) && (text ?? '') === '')
        .map(([name]) => name),
    ).toEqual([]);
  });

  test('is the one in schema/schema.graphql', () => {
    expect(readFileSync('schema/schema.graphql', 'utf8')).toBe(printSchema());
  });
});
