import type { Driver } from './stage-traffic.js';

export const driver: Driver;
