/** Whose group it is, decided from its members alone. */
import { expect, test } from '@jest/globals';
import { AssignerProtocol, type GroupDescription } from 'kafkajs';
import { type GroupMember, isOfAnother, viewOf } from '../../src/kafka/group-members.js';

const reading = (database: string | null): GroupMember => ({ database, reads: true, host: '/h' });
const idle = (database: string | null): GroupMember => ({ database, reads: false, host: '/h' });

test.each<[string, readonly GroupMember[], boolean]>([
  ['an empty group is free', [], false],
  ['members without an id are ours', [reading(null), idle(null)], false],
  ['gateways of the same database are ours', [reading('m'), reading('m')], false],
  ['another database reads alone', [reading('a'), idle('m')], true],
  ['another database has joined and was given nothing', [reading('m'), idle('a')], false],
  ['both read: the lesser id stays', [reading('m'), reading('z')], false],
  ['both read: the greater id leaves', [reading('a'), reading('m')], true],
  ['of three, one lesser is enough', [reading('z'), reading('a'), reading('m')], true],
])('%s', (_title, members, expected) => {
  expect(isOfAnother(members, 'm')).toBe(expected);
});

const description = (
  state: GroupDescription['state'],
  memberMetadata: Buffer,
  memberAssignment = Buffer.alloc(0),
): GroupDescription => ({
  groupId: 'g',
  protocol: 'RoundRobinAssigner',
  protocolType: 'consumer',
  state,
  members: [{ clientHost: '/h', clientId: 'c', memberId: 'm', memberMetadata, memberAssignment }],
});
const metadata = (userData: string): Buffer =>
  AssignerProtocol.MemberMetadata.encode({
    version: 0,
    topics: ['t'],
    userData: Buffer.from(userData),
  });

test('metadata of other clients, or none, is no id', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('garbage'), metadata(''), metadata('sticky')])
    expect(viewOf(description('Stable', bytes))).toEqual([idle(null)]);
  expect(viewOf(description('Stable', metadata('backstep-database:m')))).toEqual([idle('m')]);
});

test('a group that is sharing out its partitions decides nothing', () => {
  expect(viewOf(description('PreparingRebalance', Buffer.alloc(0)))).toBe('unknown');
  expect(viewOf({ ...description('Empty', Buffer.alloc(0)), members: [] })).toEqual([]);
});
