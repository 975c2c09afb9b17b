/**
 * The security headers of every response. helmet decides which they are; as they never change, they are taken from it
 * once and not computed again for each response. https://helmetjs.github.io/
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** No response may ever be executed, or embedded in a page. */
const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  xFrameOptions: { action: 'deny' },
})

/** Name and value of each header, in helmet's order. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = recorded()

function recorded(): Record<string, string> {
  const headers: Record<string, string> = {}
  const response = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: (name: string) => void delete headers[name],
  }
  protect({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error
  })
  return headers
}
