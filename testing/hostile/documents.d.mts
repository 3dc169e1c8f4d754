export const HURTFUL: Readonly<Record<string, () => string>>;
