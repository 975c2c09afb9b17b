/** The metrics of the process that prom-client has: processor, memory, garbage collection, event-loop delay. */
import { collectDefaultMetrics, Registry } from 'prom-client'

export type ProcessMetrics = Registry

/** Begins to measure, once for a process: it goes on until the process ends. */
export function createProcessMetrics(): ProcessMetrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}
