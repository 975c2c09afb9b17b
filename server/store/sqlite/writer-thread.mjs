/** Runs the TypeScript of writer-thread.ts: a thread does not have the loader of the one that starts it. */
import '../../typescript/register.mjs'

await import('./writer-thread.ts')
