"""The pages: what readers, staff and mail programs reach over HTTP.

Views translate between HTTP and the concepts; they decide nothing and keep nothing between two requests.
"""
