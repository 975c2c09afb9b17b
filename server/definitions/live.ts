/**
 * The definitions of a running hub: one holder, read by everybody, in which the current ones are exchanged as a whole.
 * Whoever needs several answers that fit together asks for `current()` once and keeps it.
 */
import type { Definitions } from './definitions.ts'

export type Live = {
  /** Always answers from the current definitions. */
  readonly definitions: Definitions
  /** From now on these are the current ones. */
  exchange(next: Definitions): void
}

/** `onExchange` is called with the definitions that have just become the current ones. */
export function createLive(start: Definitions, onExchange: (next: Definitions) => void = () => undefined): Live {
  let now = start
  return {
    exchange(next) {
      now = next
      onExchange(next)
    },
    definitions: {
      find: (canonical) => now.find(canonical),
      published: (resourceType) => now.published(resourceType),
      capability: (type) => now.capability(type),
      isResourceType: (name) => now.isResourceType(name),
      isPosted: (url) => now.isPosted(url),
      current: () => now,
      get capabilities() {
        return now.capabilities
      },
      get resourceTypes() {
        return now.resourceTypes
      },
      get all() {
        return now.all
      },
      get structures() {
        return now.structures
      },
      get statement() {
        return now.statement
      },
      get additional() {
        return now.additional
      },
    },
  }
}
