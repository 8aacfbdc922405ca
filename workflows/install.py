"""From a bare server to a running, verified OpenEMM (guide 3, 4, 5, 9.1, 9.7, 10, 12), as a resumable run."""
