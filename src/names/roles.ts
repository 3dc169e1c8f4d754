/** Roles of callers: what each may do is in src/api/auth/policy.ts. */
export const ROLES = ['viewer', 'initiator', 'worker', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
