import { expect, test } from '@jest/globals';
import { nameOfServer, serversOf } from '../../src/names/database-servers.js';

const names = (uri: string): string[] | null =>
  serversOf(uri)?.map((one) => nameOfServer(new URL(one))) ?? null;

test.each([
  ['postgresql://here/db', ['here:5432']],
  ['postgres://me:pw@one:5432,two:5433/db', ['one:5432', 'two:5433']],
  ['postgres://me@one,two:5433,[::1]:5434/db?x=1', ['one:5432', 'two:5433', '[::1]:5434']],
  ['postgres://m,e:p,w@one,two/db', ['one:5432', 'two:5432']],
  ['postgresql:///db?host=one,two&port=5433', ['one:5433', 'two:5433']],
  ['postgresql:///db?host=one,two&port=5433,5434', ['one:5433', 'two:5434']],
  ['postgresql:///db?host=/run/one,two', ['/run/one', 'two:5432']],
  ['postgresql:///db?x=1&host=10.0.0.1%2C10.0.0.2&y=2', ['10.0.0.1:5432', '10.0.0.2:5432']],
  ['postgresql:///db', ['localhost:5432']],
])('%s has the servers %j', (uri, expected) => expect(names(uri)).toEqual(expected));

test.each([
  'mysql://here/db',
  'postgresql:///db?host=one,two&port=1,2,3',
  'postgresql:///db?port=1,2',
])('%s is no address of servers', (uri) => expect(serversOf(uri)).toBeNull());

test('user, password, database and parameters are those of every server', () => {
  const [one, two] = serversOf('postgres://me:p%40w@one,two:5433/db?sslmode=require') ?? [];
  expect(one).toBe('postgres://me:p%40w@one/db?sslmode=require');
  expect(two).toBe('postgres://me:p%40w@two:5433/db?sslmode=require');
});

test('a URI with one server is returned letter for letter', () => {
  const uri = 'postgresql://me:p%40%23w@[::1]:5432/db?options=-c%20search_path%3Dapp';
  expect(serversOf(uri)).toEqual([uri]);
});
