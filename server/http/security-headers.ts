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

/** Name and value of each header, one after the other, in helmet's order. */
export const SECURITY_HEADERS: readonly string[] = recorded()

function recorded(): string[] {
  const headers = new Map<string, string>()
  const response = {
    setHeader: (name: string, value: string) => void headers.set(name, value),
    removeHeader: (name: string) => void headers.delete(name),
  }
  protect({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error
  })
  return [...headers].flat()
}
