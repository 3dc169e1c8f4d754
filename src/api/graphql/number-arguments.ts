/**
 * Arguments that are numbers: bodies are read with the text of numbers like 1.0 kept, and the
 * scalars of GraphQL take values.
 */
import { GraphQLFloat, GraphQLID, GraphQLInt } from 'graphql';
import { numberText, plainNumber } from '../../json/numbers.js';

let done = false;

/** Once: the library has one object of each for all schemas. */
export function readNumberArguments(): void {
  if (done) return;
  done = true;
  for (const scalar of [GraphQLInt, GraphQLFloat]) {
    const parse = scalar.parseValue.bind(scalar);
    scalar.parseValue = (value) => parse(plainNumber(value));
  }
  const parseId = GraphQLID.parseValue.bind(GraphQLID);
  // An id that is a number too large for a number is its digits.
  GraphQLID.parseValue = (value) => numberText(value) ?? parseId(value);
}
