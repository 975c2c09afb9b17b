/** Makes the context of a check: for the resource that was sent, and for resources inside it. */
import type { JsonObject } from '../fhir/types.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { StepLimit, type Steps } from '../fhirpath/steps.ts'
import type { CheckCache, CheckContext, ValidationEngine } from './check-context.ts'
import { resolveReference } from './resolve-reference.ts'

/** A class, because a check makes one for each resource: `ids` and `resolve` are rarely needed and made on demand. */
class ResourceCheckContext implements CheckContext {
  readonly engine: ValidationEngine
  readonly resource: JsonObject
  readonly container: JsonObject
  readonly root: JsonObject
  readonly rootResource: JsonObject
  readonly cache: CheckCache
  #ids: Map<string, unknown> | undefined
  #resolve: ((reference: string) => unknown) | undefined

  constructor(outer: Pick<CheckContext, 'engine' | 'root' | 'cache'>, resource: JsonObject, container: JsonObject) {
    this.engine = outer.engine
    this.resource = resource
    this.container = container
    this.root = outer.root
    this.rootResource = container
    this.cache = outer.cache
  }

  get clock(): PathClock | undefined {
    return this.engine.clock
  }

  get steps(): Steps {
    return (this.cache.steps ??= new StepLimit(this.engine.stepLimit))
  }

  get ids(): Map<string, unknown> {
    return (this.#ids ??= new Map())
  }

  get resolve(): (reference: string) => unknown {
    return (this.#resolve ??= (reference) => resolveReference(reference, this))
  }
}

/** The context of a resource inside `container` (itself when it is not contained), inside `root`. */
export const createCheckContext = (
  engine: ValidationEngine,
  resource: JsonObject,
  container: JsonObject,
  root: JsonObject,
): CheckContext => new ResourceCheckContext({ engine, root, cache: {} }, resource, container)

/** The context of a resource inside the one that is checked; both share the cache. */
export const createInnerContext = (outer: CheckContext, resource: JsonObject, container: JsonObject): CheckContext =>
  new ResourceCheckContext(outer, resource, container)
