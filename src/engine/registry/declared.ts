/** What a declaration names, whatever its role. */
import type { Declaration } from '../ports.js';

export function nameOf(declaration: Declaration): string {
  return declaration.as === 'worker'
    ? declaration.orchestrationName
    : declaration.orchestration.name;
}

export function stepNamesOf(declaration: Declaration): string[] {
  return declaration.as === 'worker'
    ? declaration.steps.map(({ stepName }) => stepName)
    : declaration.orchestration.steps.map(({ name }) => name);
}
