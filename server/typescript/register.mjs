/**
 * Lets this thread import TypeScript files: `node --import no-wrong-door/typescript`. Node does it by itself only from
 * 22.18 on, and in no version for a package that is installed (docs/decisions/0014). A thread does not have the loader of the
 * one that starts it.
 */
import module from 'node:module'

// Node 20 has only the hooks that run in a thread of their own; they are deprecated in Node 26.
if ('registerHooks' in module) module.registerHooks(await import('./hooks.mjs'))
else module.register('./hooks.mjs', import.meta.url)
