/** Runs the TypeScript of thread.ts: a thread does not have the loader of the one that starts it. */
import { register } from 'tsx/esm/api'

register()
await import('./thread.ts')
