/** Runs the TypeScript of worker.ts: a thread does not have the loader of the one that starts it. */
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
