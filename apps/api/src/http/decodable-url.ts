/**
 * For Fastify's `rewriteUrl`: a URL whose escapes stand for no text is taken literally. Fastify would refuse it before
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
