/**
 * Lets this thread import TypeScript files: `node --import no-wrong-door/typescript`. Node does it by itself only from
 * 22.18 on, and in no version for a package that is installed (docs/decisions/0014). A thread does not have the loader of the
 * one that starts it.
 */
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
