// What every page is given: the address, taken apart.
export interface PageProps {
  params: URLSearchParams;
  /** What the path's last part named: "r-12"; "" otherwise. */
  id: string;
}
