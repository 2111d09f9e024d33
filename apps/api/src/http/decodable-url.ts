/**
 * Takes a URL whose escapes stand for no text literally, for Fastify's `rewriteUrl`. Fastify would refuse it before
 * there is a route, so that no filter of ours could say so.
 */
export function decodableUrl({ url = '/' }: { readonly url?: string | undefined }): string {
  try {
    decodeURI(url);
    return url;
  } catch {
    return url.replaceAll('%', '%25');
  }
}
