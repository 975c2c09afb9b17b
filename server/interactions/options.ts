/**
 * OPTIONS: which methods an address takes. It says nothing of records, so that it is answered without authentication, but
 * for the addresses that only the board has. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7
 */
import { OutcomeError } from '../fhir/outcome.ts'
import type { Caller } from '../fhir/types.ts'
import type { Router, Target } from './routes.ts'

/** What PATCH takes: JSON Patch, and FHIRPath Patch as Parameters. https://www.rfc-editor.org/rfc/rfc5789#section-3.1 */
export const PATCH_FORMATS = ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'] as const

/** The interactions of a type. @throws OutcomeError `unknown-type` */
export type Offers = (type: string) => readonly string[]

/** The router with OPTIONS for every address. */
export const withOptions =
  (route: Router, offers: Offers): Router =>
  (method, path, caller) =>
    method === 'OPTIONS' ? optionsTarget(route, offers, path, caller) : route(method, path, caller)

function optionsTarget(route: Router, offers: Offers, path: string, caller: Caller | undefined): Target {
  const { methods, boardOnly } = methodsOf(route, path, caller)
  const [first] = methods.map((method) => route(method, path, caller))
  return {
    route: `OPTIONS ${first?.route.split(' ')[1] ?? '/$'}`,
    name: 'options',
    body: 'none',
    prefers: false,
    anonymous: !boardOnly,
    ...(boardOnly ? { boardOnly } : {}),
    // Which methods an address of the board takes depends on the caller.
    run: async (call) => ({ status: 204, headers: headersOf(allowedMethods(route, offers, path, call.caller)) }),
  }
}

function headersOf(methods: readonly string[]): Readonly<Record<string, string>> {
  const allow = { Allow: [...methods, 'OPTIONS'].join(', ') }
  return methods.includes('PATCH') ? { ...allow, 'Accept-Patch': PATCH_FORMATS.join(', ') } : allow
}

/** Those of the address whose interaction the type offers. */
function allowedMethods(route: Router, offers: Offers, path: string, caller: Caller): readonly string[] {
  return methodsOf(route, path, caller).methods.filter((method) => {
    const { name, type } = route(method, path, caller)
    if (type === undefined) return true
    const offered = offers(type)
    return name.startsWith('$') || offered.includes(name)
  })
}

/** The router names the methods of an address when it refuses one. */
function methodsOf(route: Router, path: string, caller: Caller | undefined) {
  try {
    const { boardOnly } = route('OPTIONS', path, caller)
    return { methods: [], boardOnly }
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.headers.Allow === undefined) throw error
    return { methods: error.headers.Allow.split(', '), boardOnly: undefined }
  }
}
